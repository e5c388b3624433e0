"""Live streams: what happens to jobs, for the record, and what runs say, for those who watch.

Both are Redis streams. An entry's id says when it was added and is what readers resume from; it is also the id of the
server-sent event that carries it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from jobs.queue.connection import OUTAGE, RETRY, answering
from jobs.queue.record import to_json
from jobs.queue.streams import Entry, checked, moment, read

EVENTS = "jca:events"

LONGEST_TEXT = 8192  # bytes of one line of output in UTF-8, its marker not counted


class Event(BaseModel):
    """One thing that happened to one dispatch."""

    model_config = ConfigDict(frozen=True)

    id: str
    dispatch_id: str
    job: str
    run: int
    kind: str
    """Said by the queue: `queued`, `claimed`, `lost`, `released`, `finished`, `failed`, `cancelled`, `withdrawn`,
    `crashed`; said by executors: `stage`, `usage`, `result` and others."""
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
            entries = await read(self._redis, EVENTS, after, count, block_ms / 1000)
        return [_event(entry) for entry in entries]

    async def trim(self, before_id: str) -> None:
        """Forget everything older than this id; the id itself stays."""
        with answering():
            await self._redis.xtrim(EVENTS, minid=checked(before_id), approximate=False)


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
            entries: list[Entry] = await self._redis.xrevrange(_log(job), count=count)
        return [_line(entry) for entry in reversed(entries)]

    async def after(self, job: str, id: str, count: int = 1000) -> list[LogLine]:  # noqa: A002 - the stream's own word
        """The lines that came after an id, oldest first; `0` begins with the oldest that is kept."""
        with answering():
            entries: list[Entry] = await self._redis.xrange(_log(job), min=f"({checked(id)}", count=count)
        return [_line(entry) for entry in entries]

    async def follow(self, job: str, after: str, *, idle: float = 15.0) -> AsyncGenerator[list[LogLine], None]:
        """Yield lines as they come, and an empty list whenever there were none for `idle` seconds. Never ends.

        A server that goes away is waited for; nothing is left out or said twice.

        Raises:
            errors.BadInput: `after` is no id.
        """
        position, spoke = checked(after), time.monotonic()
        while True:
            left = idle - (time.monotonic() - spoke)
            try:
                entries = await read(self._redis, _log(job), position, 500, left)
            except OUTAGE:
                entries = []
                await asyncio.sleep(RETRY)
            if entries or time.monotonic() - spoke >= idle:
                lines = [_line(entry) for entry in entries]
                position, spoke = lines[-1].id if lines else position, time.monotonic()
                yield lines

    async def trim(self, job: str, to: str, *, keep: int) -> None:
        """Forget lines up to this id, but for the last `keep` of them."""
        with answering():
            kept: list[Entry] = await self._redis.xrevrange(_log(job), max=checked(to), count=keep)
            if len(kept) == keep:
                await self._redis.xtrim(_log(job), minid=kept[-1][0], approximate=False)

    async def expire(self, job: str, seconds: float) -> None:
        """Let the output go after this time."""
        with answering():
            await self._redis.pexpire(_log(job), int(seconds * 1000))


def _log(job: str) -> str:
    return f"jca:log:{job}"


def _event(entry: Entry) -> Event:
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
        at=moment(entry_id),
    )


def _fields(line: NewLine) -> dict[FieldT, EncodableT]:
    return {"r": line.run, "s": line.stage, "k": line.kind, "t": _capped(line.text)}


def _line(entry: Entry) -> LogLine:
    entry_id, fields = entry[0].decode(), entry[1]
    return LogLine(
        id=entry_id,
        at=moment(entry_id),
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
