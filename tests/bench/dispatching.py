"""From enqueueing to the start of the run: our worker beside arq's own, on one server, in turn."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Worker, func

from jobs.order import WorkOrder
from jobs.queue import connection
from jobs.queue.lease import Lease
from jobs.queue.offer import Offer
from jobs.queue.worker import make_worker
from tests.integration.queue.crew import make_order
from tests.support import valkey

POLL = 0.5  # seconds; arq's default, over which the pauses are spread so that no phase is preferred
STOCK = "bench:stock"
PATIENCE = 20.0  # seconds; a queue that takes longer is broken


async def samples(url: str, chance: random.Random, count: int) -> tuple[list[float], list[float]]:
    """Enqueue one job here and one there, again and again, with both workers idle.

    Returns:
        Milliseconds, ours and the peer's.
    """
    ours, peer = [], []
    async with _our_queue(url) as enqueue, _stock_queue(url) as enqueue_stock:
        for number in range(count):
            await asyncio.sleep(chance.uniform(0, POLL))
            ours.append(await enqueue(number))
            peer.append(await enqueue_stock(number))
    return ours, peer


Enqueue = Callable[[int], Awaitable[float]]
"""Enqueues one job and returns the milliseconds until it ran."""


@asynccontextmanager
async def _our_queue(url: str) -> AsyncIterator[Enqueue]:
    redis = connection.connect(url)
    started: asyncio.Queue[float] = asyncio.Queue()

    async def run(_order: WorkOrder, _lease: Lease) -> None:
        started.put_nowait(time.perf_counter())

    async def enqueue(number: int) -> float:
        order = make_order(f"job-{number}")
        began = time.perf_counter()
        await dispatch.enqueue(order)
        return (await asyncio.wait_for(started.get(), PATIENCE) - began) * 1000

    dispatch = await valkey.open_dispatch(redis)
    worker = make_worker(
        redis,
        name="bench",
        run=run,
        offers=lambda: [Offer("claude", "some-model")],
        max_jobs=1,
        job_timeout=60,
        handle_signals=False,
    )
    async with serving(worker.serve()):
        yield enqueue
    await redis.aclose(close_connection_pool=True)


@asynccontextmanager
async def _stock_queue(url: str) -> AsyncIterator[Enqueue]:
    redis = ArqRedis.from_url(url)  # as arq comes, not as we connect
    started: asyncio.Queue[float] = asyncio.Queue()

    async def run(_ctx: dict[Any, Any]) -> None:
        started.put_nowait(time.perf_counter())

    async def enqueue(number: int) -> float:
        began = time.perf_counter()
        await redis.enqueue_job("run", _job_id=f"stock-{number}", _queue_name=STOCK)
        return (await asyncio.wait_for(started.get(), PATIENCE) - began) * 1000

    worker = Worker([func(run, name="run")], queue_name=STOCK, redis_pool=redis, poll_delay=POLL, handle_signals=False)
    async with serving(worker.async_run()):
        yield enqueue
        await asyncio.gather(*worker.tasks.values())
    await redis.aclose(close_connection_pool=True)


@asynccontextmanager
async def serving(work: Any) -> AsyncIterator[None]:  # noqa: ANN401 - arq does not type it
    """Let a worker work within the block."""
    task = asyncio.ensure_future(work)
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
