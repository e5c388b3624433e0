"""A worker process that counts who runs beside it. Arguments: url, name.

Each run adds its dispatch to `test:runs`, and to `test:seen` for its account and its repository `<subject> <how many
run at this moment>`.
"""

from __future__ import annotations

import asyncio
import random
import sys

from jobs import holds
from jobs.order import WorkOrder
from jobs.queue.connection import connect
from jobs.queue.worker import Lease, make_worker
from tests.integration.queue.crew import CROWD

LONGEST = 0.01  # seconds of a run


async def main(url: str, name: str) -> None:
    redis = connect(url)

    async def run(order: WorkOrder, _lease: Lease) -> None:
        subjects = (holds.account(order.account), holds.repository(order.repository.alias))
        for subject in subjects:
            await redis.rpush("test:seen", f"{subject} {await redis.incr(f'test:now:{subject}')}")
        await asyncio.sleep(random.uniform(0, LONGEST))
        for subject in subjects:
            await redis.decr(f"test:now:{subject}")
        await redis.rpush("test:runs", order.dispatch_id)

    worker = make_worker(redis, name=name, run=run, offers=lambda: CROWD, max_jobs=8, lease_seconds=10, job_timeout=60)
    await worker.serve()
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
