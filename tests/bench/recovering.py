"""kill -9 of workers in the middle of their jobs: how long until each job is started again."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import AbstractAsyncContextManager, AsyncExitStack

from jobs.queue import connection
from tests.bench import queue_worker
from tests.integration.queue.crew import make_order
from tests.support.valkey import open_dispatch

KILLS = 20  # with one job each; one more worker takes over
SPREAD = 3.0  # seconds within which they are killed by chance: the time between two heartbeats of a lease
HELD = 3600.0  # seconds; no run ends by itself
PATIENCE = 60.0  # seconds


async def measure(url: str, chance: random.Random) -> list[float]:
    """Seconds from each kill to the new start of its job, with the lease that is the default."""
    redis = connection.connect(url)
    dispatch = await open_dispatch(redis)
    for number in range(KILLS):
        await dispatch.enqueue(make_order(f"held-{number}", repository=f"r{number % 3}"))
    async with AsyncExitStack() as stack:
        start = stack.enter_async_context
        doomed = await asyncio.gather(*(start(_worker(url, f"doomed-{number}", 1)) for number in range(KILLS)))
        held = [(await queue_worker.next_start(process))[0] for process in doomed]
        rescue = await start(_worker(url, "rescue", KILLS))
        await asyncio.sleep(SPREAD)
        killed = await asyncio.gather(*(_killed(process, chance.uniform(0, SPREAD)) for process in doomed))
        again = dict([await queue_worker.next_start(rescue, PATIENCE) for _ in range(KILLS)])
    await redis.aclose()
    return [again[job] - moment for job, moment in zip(held, killed, strict=True)]


def _worker(url: str, name: str, jobs: int) -> AbstractAsyncContextManager[asyncio.subprocess.Process]:
    return queue_worker.started("ours", url, name=name, jobs=jobs, seconds=HELD)


async def _killed(process: asyncio.subprocess.Process, after: float) -> float:
    await asyncio.sleep(after)
    moment = time.monotonic()
    process.kill()
    await process.wait()
    return moment
