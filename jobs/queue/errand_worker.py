"""Errands as a worker does them: stock arq on a queue of the worker's own, started again after every outage."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func
from pydantic import BaseModel
from redis.exceptions import RedisError

from jobs import errors, redact
from jobs.errand import LONGEST, VERSION, Errand, ErrandEnd, ErrandStep
from jobs.queue import errands, record
from jobs.queue.connection import OUTAGE, RETRY

log = structlog.get_logger()

AT_ONCE = 2
BACKSTOP = 5.0  # seconds arq waits longer than we do, so that the last word is ours

Report = Callable[[ErrandStep], Awaitable[None]]
"""Says one step."""
Perform = Callable[[Errand, Report], Awaitable[ErrandEnd]]
"""Does an errand, step by step; what it raises of `errors.JcaError` becomes the last word."""

_STOPPED = ErrandEnd(ok=False, sentence="It was interrupted: the worker or the queue stopped.", remedy="Ask again.")


_Word = TypeVar("_Word", ErrandStep, ErrandEnd)


class _Nothing(BaseModel):
    """A word without content."""


class ErrandWorker:
    """Does what is asked of one worker, two errands at a time.

    Args:
        redis: a client made by `jobs.queue.connection.connect`; stays the caller's to close.
        worker: name of the worker.
        perform: what to do with an errand.
        seconds: how long one may take.
    """

    def __init__(self, redis: ArqRedis, worker: str, perform: Perform, *, seconds: float = LONGEST) -> None:
        self._redis, self._worker, self._perform, self._seconds = redis, worker, perform, seconds
        self._open: set[str] = set()
        """Errands begun whose last word has not been said."""

    async def serve(self) -> None:
        """Do errands until cancelled; arq's own loop ends with the first command that fails."""
        try:
            while True:
                try:
                    await self._close_interrupted()
                    await self._work()
                except OUTAGE as error:
                    log.warning("errands_wait_for_redis", worker=self._worker, why=str(error))
                except Exception:  # whatever broke, a worker without its errands would look well
                    log.exception("errands_broke", worker=self._worker)
                await asyncio.sleep(RETRY)
        finally:
            with suppress(*OUTAGE):
                await self._close_interrupted()

    async def _work(self) -> None:
        worker = Worker(
            [func(self._do, name=errands.FUNCTION)],
            queue_name=errands.queue_of(self._worker),
            redis_pool=self._redis,
            job_serializer=record.serialize,
            job_deserializer=record.deserialize,
            keep_result=0,
            max_tries=1,
            retry_jobs=False,
            max_jobs=AT_ONCE,
            job_timeout=self._seconds + BACKSTOP,
            handle_signals=False,
            log_results=False,
        )
        try:
            await worker.main()
        finally:
            for task in worker.tasks.values():
                task.cancel()
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)

    async def _do(self, ctx: dict[Any, Any], given: dict[str, Any]) -> None:
        """The function arq runs."""
        del ctx
        if given.get("v", 0) > VERSION:
            await self._refuse(given)
            return
        errand = Errand.model_validate(given)
        self._open.add(errand.id)
        await errands.say(self._redis, errand.id, "taken", _Nothing())
        await self._end(errand.id, await self._outcome(errand))

    async def _outcome(self, errand: Errand) -> ErrandEnd:
        async def report(step: ErrandStep) -> None:
            await errands.say(self._redis, errand.id, "step", _clean(step))

        try:
            async with asyncio.timeout(self._seconds):
                return await self._perform(errand, report)
        except TimeoutError:
            return ErrandEnd(ok=False, sentence=f"It took longer than {self._seconds:g} seconds and was ended.")
        except errors.JcaError as error:
            return ErrandEnd(ok=False, sentence=error.message, remedy=error.remedy)
        except RedisError:
            return _STOPPED
        except Exception as error:
            log.exception("errand_failed", errand=errand.id, kind=errand.kind.value)
            sentence = f"The worker itself failed: {type(error).__name__}: {error}"
            return ErrandEnd(ok=False, sentence=sentence, remedy="Its log says where; please report this.")

    async def _refuse(self, given: dict[str, Any]) -> None:
        """Say that a newer gateway asks for something this worker cannot know."""
        sentence = (
            f"{self._worker} is too old for this: it understands errands of version {VERSION} and not {given['v']}."
        )
        end = ErrandEnd(ok=False, sentence=sentence, remedy="Bring the worker to the gateway's version of JCA.")
        await self._end(str(given.get("id", "")), end)

    async def _end(self, errand_id: str, end: ErrandEnd) -> None:
        await errands.say(self._redis, errand_id, "end", _clean(end))
        self._open.discard(errand_id)

    async def _close_interrupted(self) -> None:
        for errand_id in list(self._open):
            await self._end(errand_id, _STOPPED)


def _clean(word: _Word) -> _Word:
    """The word without secrets and of bearable length."""
    texts = {name: value for name, value in word if isinstance(value, str)}
    return word.model_copy(
        update={name: redact.redact(value)[: record.LONGEST_MESSAGE] for name, value in texts.items()}
    )
