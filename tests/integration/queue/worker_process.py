"""A worker process for tests that kill it. Arguments: those of `Processes.start`, after the URL."""

from __future__ import annotations

import asyncio
import sys

from jobs.order import WorkOrder
from jobs.queue.connection import connect
from jobs.queue.offer import Offer
from jobs.queue.worker import Lease, make_worker


async def main(url: str, name: str, seconds: float, jobs: int, lease_seconds: float, pause: float) -> None:
    redis = connect(url)

    async def run(order: WorkOrder, lease: Lease) -> None:
        await redis.rpush("test:starts", f"{order.dispatch_id} {lease.token}")
        await asyncio.sleep(seconds)
        if not await lease.current():
            return
        await redis.rpush("test:checks", order.dispatch_id)
        await asyncio.sleep(pause)
        if await lease.current():
            await redis.rpush("test:ends", order.dispatch_id)

    worker = make_worker(
        redis,
        name=name,
        run=run,
        offers=lambda: [Offer("claude", "some-model")],
        max_jobs=jobs,
        lease_seconds=lease_seconds,
        job_timeout=60,
    )
    await redis.rpush("test:ready", name)
    await worker.serve()
    await redis.aclose()


if __name__ == "__main__":
    url, name, seconds, jobs, lease_seconds, pause = sys.argv[1:]
    asyncio.run(main(url, name, float(seconds), int(jobs), float(lease_seconds), float(pause)))
