"""A worker as a process of its own: `queue_worker ours|stock URL NAME JOBS SECONDS`.

Says `ready` when it is about to claim, then `<job> <moment>` at the start of each run, in seconds of the clock that all
processes of a machine share; a run takes SECONDS, and JOBS of them go on at a time.
"""

from __future__ import annotations

import asyncio
import sys
import time
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from arq.connections import ArqRedis
from arq.worker import Worker, func

from jobs.order import WorkOrder
from jobs.queue import connection
from jobs.queue.lease import Lease
from jobs.queue.worker import make_worker
from tests.integration.queue.crew import CLAUDE

STOCK_QUEUE = "bench:stock"
TIMEOUT = 7200.0  # seconds a run may take: recovery must not depend on it


@asynccontextmanager
async def started(
    kind: str, url: str, *, name: str = "bench", jobs: int = 1, seconds: float = 0
) -> AsyncIterator[Process]:
    """A worker that is ready; killed in the end if it lives."""
    words = ("-m", __name__, kind, url, name, str(jobs), str(seconds))
    process = await create_subprocess_exec(sys.executable, *words, stdout=PIPE)
    try:
        assert process.stdout
        assert await process.stdout.readline() == b"ready\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def next_start(process: Process, patience: float = 30) -> tuple[str, float]:
    """Wait for a run to start; returns what runs and since when."""
    assert process.stdout
    line = await asyncio.wait_for(process.stdout.readline(), patience)
    job, moment = line.decode().split()
    return job, float(moment)


def _say(*words: object) -> None:
    print(*words, flush=True)


async def _ours(url: str, name: str, jobs: int, seconds: float) -> None:
    async def run(order: WorkOrder, _lease: Lease) -> None:
        _say(order.job, time.monotonic())
        if seconds:
            await asyncio.sleep(seconds)

    redis = connection.connect(url)
    worker = make_worker(redis, name=name, run=run, offers=lambda: [CLAUDE], max_jobs=jobs, job_timeout=TIMEOUT)
    _say("ready")
    await worker.serve()


async def _stock(url: str, _name: str, jobs: int, seconds: float) -> None:
    async def run(ctx: dict[Any, Any]) -> None:
        _say(ctx["job_id"], time.monotonic())
        if seconds:
            await asyncio.sleep(seconds)

    redis = ArqRedis.from_url(url)  # as arq comes, not as we connect
    worker = Worker(
        [func(run, name="run")], queue_name=STOCK_QUEUE, redis_pool=redis, max_jobs=jobs, job_timeout=TIMEOUT
    )
    _say("ready")
    await worker.main()


if __name__ == "__main__":
    _, kind, url, name, jobs, seconds = sys.argv
    asyncio.run({"ours": _ours, "stock": _stock}[kind](url, name, int(jobs), float(seconds)))
