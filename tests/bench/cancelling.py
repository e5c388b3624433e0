"""From the word of a person to the death of what a run had started."""

from __future__ import annotations

import asyncio
import os
import time

from jobs.order import WorkOrder
from jobs.queue import connection
from jobs.queue.lease import Lease
from jobs.queue.worker import make_worker
from tests.bench.dispatching import serving
from tests.integration.queue.crew import CLAUDE, make_order
from tests.support.valkey import open_dispatch
from worker.sandbox import killing

ROUNDS = 50
PATIENCE = 20.0  # seconds


async def measure(url: str) -> list[float]:
    """Milliseconds from `Dispatch.cancel` to the death of the run's process group, as the sandbox ends one."""
    redis = connection.connect(url)
    dispatch = await open_dispatch(redis)
    pids: asyncio.Queue[int] = asyncio.Queue()

    async def run(_order: WorkOrder, _lease: Lease) -> None:
        process = await asyncio.create_subprocess_exec("sleep", "600", start_new_session=True)
        try:
            pids.put_nowait(process.pid)
            await process.wait()
        finally:
            killing.kill_all(process.pid)
            await process.wait()

    worker = make_worker(
        redis, name="bench", run=run, offers=lambda: [CLAUDE], max_jobs=1, job_timeout=60, handle_signals=False
    )
    spent = []
    async with serving(worker.serve()):
        for number in range(ROUNDS):
            order = make_order(f"cancelled-{number}")
            await dispatch.enqueue(order)
            dead = _death(await asyncio.wait_for(pids.get(), PATIENCE))
            began = time.perf_counter()
            await dispatch.cancel(order.dispatch_id)
            spent.append((await asyncio.wait_for(dead, PATIENCE) - began) * 1000)
    await redis.aclose()
    return spent


def _death(pid: int) -> asyncio.Future[float]:
    """The moment at which a process ends, from the kernel's own word (pidfd_open(2))."""
    loop, descriptor = asyncio.get_running_loop(), os.pidfd_open(pid)
    moment: asyncio.Future[float] = loop.create_future()

    def ended() -> None:
        moment.set_result(time.perf_counter())
        loop.remove_reader(descriptor)
        os.close(descriptor)

    loop.add_reader(descriptor, ended)
    return moment
