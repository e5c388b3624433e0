"""The worker: runs what it has claimed through arq, and lets each job go exactly once.

arq keeps its job records, `run_job` with its timeout, and how signals end a worker. We replace how jobs are picked
(one atomic script instead of polling) and how they are let go (fenced by the token of the claim).
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Collection
from contextvars import ContextVar
from typing import Any

import structlog
from arq.connections import ArqRedis
from arq.worker import Worker, func

from jobs import errors
from jobs.order import WorkOrder
from jobs.queue import claim, record, wake
from jobs.queue.claim import Claim, Ending
from jobs.queue.connection import OUTAGE
from jobs.queue.holdings import Holdings
from jobs.queue.lease import Lease
from jobs.queue.offer import Offer

__all__ = ["Lease", "LeaseWorker", "Run", "make_worker"]

log = structlog.get_logger()

Run = Callable[[WorkOrder, Lease], Awaitable[None]]

_claimed: ContextVar[Claim] = ContextVar("claimed")
"""The claim that this task, or the one that started it, sees through. arq hands only the job's id around, and one id
can be claimed again here while a lost claim of it is still winding down."""


def make_worker(
    redis: ArqRedis,
    *,
    name: str,
    run: Run,
    offers: Callable[[], Collection[Offer]],
    max_jobs: int,
    lease_seconds: float = 12.0,
    job_timeout: float,
    handle_signals: bool = True,
) -> LeaseWorker:
    """Make a worker inside a running event loop; `serve()` runs it.

    Args:
        redis: a client made by `jobs.queue.connection.connect`; stays the caller's to close.
        name: of this worker, unique among those that are there.
        run: what to do with a job. Returning ends it with `finished`, any exception with `failed`; but after
            `errors.WaitAgain` it waits again. Cancelled because a person wants it, it ends with `cancelled`; cancelled
            because this worker stops, it waits again.
        offers: what is ready here; asked before each claim.
        max_jobs: how many jobs run at a time.
        lease_seconds: after the death of a worker its jobs are claimed again once this time is over.
        job_timeout: seconds after which a run is cancelled and its job ends with `failed`.
        handle_signals: let SIGTERM and SIGINT end `serve()`.
    """
    holdings = Holdings(redis, name, lease_seconds)
    options = {"max_jobs": max_jobs, "job_timeout": job_timeout, "handle_signals": handle_signals}
    return LeaseWorker(redis, holdings, run, offers, options)


class LeaseWorker(Worker):
    """Claims strictly in order what is ready here, and renews what it holds.

    An order of a newer version than this worker understands is not claimed at all: it waits in a lane of its own until
    a newer worker comes.
    """

    def __init__(
        self,
        redis: ArqRedis,
        holdings: Holdings,
        run: Run,
        offers: Callable[[], Collection[Offer]],
        options: dict[str, Any],
    ) -> None:
        super().__init__(
            [func(self._perform, name=record.FUNCTION)],
            redis_pool=redis,
            job_serializer=record.serialize,
            job_deserializer=record.deserialize,
            keep_result=0,
            max_tries=sys.maxsize,  # the scripts count the deaths of workers; arq would count every start
            **options,
        )
        self._redis, self._holdings, self._run, self._offers = redis, holdings, run, offers
        self._wake = asyncio.Event()

    async def serve(self) -> None:
        """Claim and run until a signal or a cancellation; returns when everything that ran is let go."""
        self.main_task = asyncio.create_task(self.main())
        try:
            await self.main_task
        except asyncio.CancelledError:
            this = asyncio.current_task()
            if this and this.cancelling():
                raise

    async def main(self) -> None:
        """What `serve` runs; arq's own loop would end with the first command that fails."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._holdings.beat())
            group.create_task(wake.listen(self._redis, self._hear))
            try:
                while True:
                    await self._poll_iteration()
            finally:
                await self._leave()

    async def _poll_iteration(self) -> None:
        """Start what can be started, and wait until there may be more."""
        self._wake.clear()
        pause = await _to_its_end(asyncio.create_task(self._claim()))
        try:
            async with asyncio.timeout(pause):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claim(self) -> float:
        ready = self._offers() if self.allow_pick_jobs else ()
        taken, pause = await self._holdings.take(self._free, ready)
        for one in taken:
            held = [token for token, other in self._holdings.claims.items() if other.dispatch_id == one.dispatch_id]
            earlier = [self.tasks[token] for token in held if token in self.tasks]
            self.tasks[one.token] = asyncio.create_task(self._see_through(one, earlier))
        return pause

    async def _see_through(self, taken: Claim, earlier: list[asyncio.Task[Any]]) -> None:
        """Run one claim and let it go; `earlier` are lost claims of the same job that still wind down here."""
        _claimed.set(taken)
        ending = claim.RELEASED
        try:
            if earlier:
                await asyncio.wait(earlier)
            await self.run_job(taken.dispatch_id, taken.enqueued_at)
        except (asyncio.CancelledError, *OUTAGE) as cause:
            log.info("run_interrupted", dispatch_id=taken.dispatch_id, by=type(cause).__name__)
        except Exception as error:
            log.exception("claim_broke", dispatch_id=taken.dispatch_id)
            ending = claim.failed(error)
        await self._holdings.let_go(taken, ending)
        del self.tasks[taken.token]
        self._wake.set()

    async def _perform(self, ctx: dict[Any, Any], order: dict[str, Any]) -> None:
        """The function arq runs: the run, and a note of how it ended."""
        del ctx
        taken = _claimed.get()
        try:
            taken.begin()
            await self._run(WorkOrder.model_validate(order), taken.lease)
        except asyncio.CancelledError:
            taken.ending = claim.CANCELLED if taken.stopping else None
            raise
        except (errors.WaitAgain, errors.LostLease) as cause:  # of a lost claim the script takes no ending
            log.info("run_put_back", dispatch_id=taken.dispatch_id, why=cause.message)
            taken.ending = claim.RELEASED
        except Exception as error:
            log.exception("run_failed", dispatch_id=taken.dispatch_id)
            taken.ending = claim.failed(error)
        else:
            taken.ending = claim.FINISHED

    async def finish_job(self, job_id: str, finish: bool, *_unused: object) -> None:
        """Called by arq after a run. `finish` without an ending of the run's own means that its time was over."""
        del job_id
        taken = _claimed.get()
        await self._holdings.let_go(taken, taken.ending or (claim.TIMED_OUT if finish else claim.RELEASED))

    async def finish_failed_job(self, job_id: str, result_data: bytes | None) -> None:
        """Called by arq when it could not start a run: the record is gone or cannot be read."""
        del job_id
        result = record.deserialize(result_data)["r"] if result_data else {}
        await self._holdings.let_go(_claimed.get(), Ending("failed", result))

    def handle_sig(self, signum: signal.Signals) -> None:
        """Called by arq on SIGTERM and SIGINT; each run is then cancelled once, and may take its time to wind down."""
        log.info("worker_stops", on=signal.Signals(signum).name, running=len(self.tasks))
        if self.main_task:
            self.main_task.cancel()

    async def _leave(self) -> None:
        """Cancel what runs and wait until it is let go; leases are renewed until then."""
        self._holdings.leaving = True
        for task in self.tasks.values():
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks.values())
        for never_begun in list(self._holdings.claims.values()):
            await self._holdings.let_go(never_begun, claim.RELEASED)

    @property
    def _free(self) -> int:
        return self.max_jobs - len(self.tasks)

    def _hear(self, word: str) -> None:
        if word.startswith(wake.STOP):
            self._holdings.stop(word.removeprefix(wake.STOP))
        elif self._free > 0 and (word == wake.EVERYBODY or word in {offer.account for offer in self._offers()}):
            self._wake.set()


async def _to_its_end(task: asyncio.Task[float]) -> float:
    """Await a task that must not be left half-way: claims that nobody knows of would count as deaths."""
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
