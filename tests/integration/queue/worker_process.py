"""A worker process for tests that kill it. Arguments: url, name, seconds of each run, jobs at a time, lease."""

from __future__ import annotations

import asyncio
import sys

from jobs.order import WorkOrder
from jobs.queue.connection import connect
from jobs.queue.worker import Lease, make_worker


async def main(url: str, name: str, seconds: float, jobs: int, lease_seconds: float) -> None:
    redis = connect(url)

    async def run(order: WorkOrder, lease: Lease) -> None:
        await redis.rpush("test:starts", f"{order.dispatch_id} {lease.token}")
        await asyncio.sleep(seconds)
        if await lease.current():
            await redis.rpush("test:ends", order.dispatch_id)

    worker = make_worker(
        redis,
        name=name,
        run=run,
        accounts=lambda: ["claude"],
        max_jobs=jobs,
        lease_seconds=lease_seconds,
        job_timeout=60,
    )
    await redis.rpush("test:ready", name)
    await worker.serve()
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])))
