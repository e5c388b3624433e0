"""Live streams: what happens to jobs, for the record, and what runs say, for those who watch.

Both are Redis streams. An entry's id says when it was added and is what readers resume from; it is also the id of the
server-sent event that carries it.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from jobs import errors
from jobs.queue.connection import OUTAGE, RETRY, answering
from jobs.queue.record import to_json

EVENTS = "jca:events"

LONGEST_TEXT = 8192  # bytes of one line of output in UTF-8, its marker not counted

LONGEST_BLOCK = 2.0  # seconds one call waits; less than a command may take on our connections

_ID = re.compile(r"\d{1,19}(-\d{1,19})?", re.ASCII)

_Entry = tuple[bytes, dict[bytes, bytes]]


class Event(BaseModel):
    """One thing that happened to one dispatch."""

    model_config = ConfigDict(frozen=True)

    id: str
    dispatch_id: str
    job: str
    run: int
    kind: str
    """Said by the queue: `queued`, `claimed`, `lost`, `released`, `finished`, `failed`, `cancelled`, `crashed`; said by
    executors: `stage`, `usage`, `result` and others."""
    data: dict[str, Any]
    at: datetime


class NewLine(BaseModel):
    """A line of output that is to be added."""

    model_config = ConfigDict(frozen=True)

    run: int
    stage: str
    kind: str
    """`agent`, `tool`, `output`, `stage`, `note` or `error`."""
    text: str


class LogLine(BaseModel):
    """A line of a run's output."""

    model_config = ConfigDict(frozen=True)

    id: str
    at: datetime
    run: int
    stage: str
    kind: str
    text: str


class Events:
    """The control stream, one for all jobs. It is trimmed by nobody but its one reader.

    Every method raises `errors.TryAgain` while Redis does not answer, and `errors.BadInput` for what is no id.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def report(self, dispatch_id: str, kind: str, data: dict[str, Any]) -> None:
        """Add an event; `data` is kept as JSON."""
        with answering():
            await self._redis.xadd(EVENTS, {"d": dispatch_id, "k": kind, "x": to_json(data)})

    async def read(self, after: str, count: int = 500, block_ms: int = 2000) -> list[Event]:
        """Read what came after an id, oldest first.

        Args:
            after: an event's id, or `0` to begin with the oldest.
            count: how many at most.
            block_ms: how long to wait for the first, two seconds at most; 0 does not wait.
        """
        with answering():
            entries = await _read(self._redis, EVENTS, after, count, block_ms / 1000)
        return [_event(entry) for entry in entries]

    async def trim(self, before_id: str) -> None:
        """Forget everything older than this id; the id itself stays."""
        with answering():
            await self._redis.xtrim(EVENTS, minid=_checked(before_id), approximate=False)


class Logs:
    """The live output of every job, one stream each.

    Every method but `follow` raises `errors.TryAgain` while Redis does not answer, and `errors.BadInput` for what is no
    id.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def append(self, job: str, lines: Sequence[NewLine]) -> None:
        """Add lines in one go; a text longer than 8 KiB is cut, and says so."""
        if not lines:
            return
        with answering():
            async with self._redis.pipeline(transaction=False) as pipe:
                for line in lines:
                    pipe.xadd(_log(job), _fields(line))
                await pipe.execute()

    async def tail(self, job: str, count: int = 1000) -> list[LogLine]:
        """The last lines, oldest first."""
        with answering():
            entries: list[_Entry] = await self._redis.xrevrange(_log(job), count=count)
        return [_line(entry) for entry in reversed(entries)]

    async def after(self, job: str, id: str, count: int = 1000) -> list[LogLine]:  # noqa: A002 - the stream's own word
        """The lines that came after an id, oldest first; `0` begins with the oldest that is kept."""
        with answering():
            entries: list[_Entry] = await self._redis.xrange(_log(job), min=f"({_checked(id)}", count=count)
        return [_line(entry) for entry in entries]

    async def follow(self, job: str, after: str, *, idle: float = 15.0) -> AsyncIterator[list[LogLine]]:
        """Yield lines as they come, and an empty list whenever there were none for `idle` seconds. Never ends.

        A server that goes away is waited for; nothing is left out or said twice.

        Raises:
            errors.BadInput: `after` is no id.
        """
        position, spoke = _checked(after), time.monotonic()
        while True:
            left = idle - (time.monotonic() - spoke)
            try:
                entries = await _read(self._redis, _log(job), position, 500, left)
            except OUTAGE:
                entries = []
                await asyncio.sleep(RETRY)
            if entries or time.monotonic() - spoke >= idle:
                lines = [_line(entry) for entry in entries]
                position, spoke = lines[-1].id if lines else position, time.monotonic()
                yield lines

    async def expire(self, job: str, seconds: float) -> None:
        """Let the output go after this time."""
        with answering():
            await self._redis.pexpire(_log(job), int(seconds * 1000))


async def _read(redis: Redis, stream: str, after: str, count: int, wait: float) -> list[_Entry]:
    """Read entries after an id, waiting for the first; to Redis a BLOCK of 0 would mean forever."""
    block = max(int(min(wait, LONGEST_BLOCK) * 1000), 0) or None
    found = await redis.xread({stream: _checked(after)}, count=count, block=block)
    return [entry for _, entries in found for entry in entries]


def _checked(entry_id: str) -> str:
    """The id, which may come from a browser's header."""
    if not _ID.fullmatch(entry_id):
        raise errors.BadInput(f"{entry_id[:40]!r} is not the id of an event, such as 1763679000000-0.")
    return entry_id


def _log(job: str) -> str:
    return f"jca:log:{job}"


def _at(entry_id: str) -> datetime:
    return datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, UTC)


def _event(entry: _Entry) -> Event:
    entry_id, fields = entry[0].decode(), entry[1]
    dispatch_id = fields[b"d"].decode()
    job, _, run = dispatch_id.rpartition(".")
    return Event(
        id=entry_id,
        dispatch_id=dispatch_id,
        job=job,
        run=int(run),
        kind=fields[b"k"].decode(),
        data=json.loads(fields[b"x"]),
        at=_at(entry_id),
    )


def _fields(line: NewLine) -> dict[FieldT, EncodableT]:
    return {"r": line.run, "s": line.stage, "k": line.kind, "t": _capped(line.text)}


def _line(entry: _Entry) -> LogLine:
    entry_id, fields = entry[0].decode(), entry[1]
    return LogLine(
        id=entry_id,
        at=_at(entry_id),
        run=int(fields[b"r"]),
        stage=fields[b"s"].decode(),
        kind=fields[b"k"].decode(),
        text=fields[b"t"].decode(),
    )


def _capped(text: str) -> bytes:
    """The text in UTF-8, cut between characters where it is too long."""
    whole = text.encode("utf-8", "replace")
    if len(whole) <= LONGEST_TEXT:
        return whole
    kept = whole[:LONGEST_TEXT].decode("utf-8", "ignore").encode()
    return kept + f" … ({len(whole) - len(kept)} more bytes)".encode()
