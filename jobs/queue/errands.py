"""Errands as seen by those who ask for them: one short queue per worker, and a stream of what is said about each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from arq.connections import ArqRedis
from pydantic import BaseModel
from redis.asyncio import Redis
from redis.typing import EncodableT, FieldT

from jobs import errors
from jobs.errand import KEPT, LONGEST, TAKE_UP, Errand, ErrandEnd, ErrandStep, Progress
from jobs.queue.connection import RETRY, answering
from jobs.queue.streams import Entry, checked, moment, read

FUNCTION = "errand"
"""The name under which a worker registers what it does with an errand."""

MARGIN = 1.0  # seconds; a worker stops taking an errand up this long before its reader gives up
_MOST = 200  # entries of one errand


@dataclass(frozen=True)
class Said:
    """One word about an errand: a step, or the end."""

    id: str
    word: ErrandStep | ErrandEnd


class Errands:
    """Asks workers for errands and reads what they say.

    Every method but `follow` raises `errors.TryAgain` while Redis does not answer.
    """

    def __init__(self, redis: ArqRedis) -> None:
        self._redis = redis

    async def ask(self, errand: Errand) -> None:
        """Let its worker do an errand. Nothing waits for long: a worker that is busy or gone does not do it later."""
        with answering():
            await say(self._redis, errand.id, "asked", errand)
            await self._redis.enqueue_job(
                FUNCTION,
                errand.model_dump(mode="json"),
                _job_id=f"errand-{errand.id}",
                _queue_name=queue_of(errand.worker),
                _expires=TAKE_UP - MARGIN,
            )
            await self._redis.pexpire(queue_of(errand.worker), int(KEPT * 1000))

    async def look(self, errand_id: str) -> Progress:
        """How far an errand has come; one that nobody does any more has an end that says so.

        Raises:
            errors.NotFound: nobody asked for it in the last hour.
        """
        with answering():
            entries: list[Entry] = await self._redis.xrange(stream_of(errand_id), count=_MOST)
            seconds, micro = await self._redis.time()
        if not entries:
            raise errors.NotFound(f"There is no errand {errand_id[:40]}.", remedy="It is kept for an hour; ask again.")
        progress = _progress(entries)
        if progress.end is None:
            silence = seconds + micro / 1e6 - moment(entries[0][0].decode()).timestamp()
            progress = progress.model_copy(update={"end": _given_up(progress, silence)})
        return progress

    async def follow(self, errand_id: str, after: str = "0", *, idle: float = 1.0) -> AsyncGenerator[list[Said], None]:
        """Yield what is said after an id, and an empty list when there was nothing for `idle` seconds.

        Ends after the end. A server that goes away is waited for; nothing is left out or said twice.

        Raises:
            errors.BadInput: `after` is no id.
            errors.NotFound: nobody asked for it in the last hour.
        """
        position, ended = checked(after), False
        while not ended:
            entries = await self._later(errand_id, position, idle)
            said = [word for entry in entries if (word := _said(entry))]
            if not entries and (end := await self._end(errand_id)):
                said = [Said(position, end)]
            position = entries[-1][0].decode() if entries else position
            ended = any(isinstance(one.word, ErrandEnd) for one in said)
            yield said

    async def _later(self, errand_id: str, after: str, idle: float) -> list[Entry]:
        """Entries after an id, looked for again and again until `idle` seconds are over."""
        deadline = time.monotonic() + idle
        while (left := deadline - time.monotonic()) > 0:
            try:
                with answering():
                    if entries := await read(self._redis, stream_of(errand_id), after, _MOST, left):
                        return entries
            except errors.TryAgain:
                await asyncio.sleep(RETRY)
        return []

    async def _end(self, errand_id: str) -> ErrandEnd | None:
        try:
            return (await self.look(errand_id)).end
        except errors.TryAgain:
            return None


async def say(redis: Redis, errand_id: str, kind: str, record: BaseModel) -> None:
    """Add a word to an errand's stream: `asked`, `taken`, `step` or `end`."""
    fields: dict[FieldT, EncodableT] = {"k": kind, "x": record.model_dump_json()}
    async with redis.pipeline(transaction=True) as pipe:
        pipe.xadd(stream_of(errand_id), fields)
        pipe.pexpire(stream_of(errand_id), int(KEPT * 1000))
        await pipe.execute()


def queue_of(worker: str) -> str:
    """The key of a worker's queue of errands."""
    return f"jca:errands:{worker}"


def stream_of(errand_id: str) -> str:
    """The key of what is said about an errand."""
    return f"jca:errand:{errand_id}"


def _progress(entries: Sequence[Entry]) -> Progress:
    progress = Progress(errand=Errand.model_validate_json(entries[0][1][b"x"]))
    for entry in entries[1:]:
        said = _said(entry)
        progress = progress.model_copy(update={"taken": True})
        if said and isinstance(said.word, ErrandStep):
            progress = progress.with_step(said.word)
        elif said and progress.end is None:
            progress = progress.model_copy(update={"end": said.word})
    return progress


def _said(entry: Entry) -> Said | None:
    entry_id, fields = entry[0].decode(), entry[1]
    if fields[b"k"] == b"step":
        return Said(entry_id, ErrandStep.model_validate_json(fields[b"x"]))
    return Said(entry_id, ErrandEnd.model_validate_json(fields[b"x"])) if fields[b"k"] == b"end" else None


def _given_up(progress: Progress, silence: float) -> ErrandEnd | None:
    """The end of an errand that its worker says no more about."""
    worker = progress.errand.worker
    if not progress.taken and silence > TAKE_UP:
        sentence = f"{worker} did not take it up within {TAKE_UP:.0f} seconds: it is busy with others, or gone."
        return ErrandEnd(ok=False, sentence=sentence, remedy="Look at that worker with `jca doctor`, then ask again.")
    if silence > LONGEST + TAKE_UP:
        return ErrandEnd(ok=False, sentence=f"{worker} began and said no more.", remedy="Look at its own log.")
    return None
