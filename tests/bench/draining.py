"""How fast a worker gets through jobs that do nothing: ours beside arq's own, each a process of its own, in turn."""

from __future__ import annotations

from asyncio.subprocess import Process

from arq.connections import ArqRedis

from jobs.queue import connection
from tests.bench import queue_worker
from tests.integration.queue.crew import make_order
from tests.support.valkey import open_dispatch

JOBS = 1_000
AT_ONCE = 10
REPOSITORIES = 20


async def rates(url: str, rounds: int) -> tuple[list[float], list[float]]:
    """Jobs per second, ours and the peer's, of each round."""
    ours, peer = [], []
    for number in range(rounds):
        await _fill(url, number)
        ours.append(await _drained(url, "ours"))
        await _fill_stock(url, number)
        peer.append(await _drained(url, "stock"))
    return ours, peer


async def _drained(url: str, kind: str) -> float:
    async with queue_worker.started(kind, url, jobs=AT_ONCE) as worker:
        return await _rate(worker)


async def _rate(worker: Process) -> float:
    starts = [moment for _, moment in [await queue_worker.next_start(worker) for _ in range(JOBS)]]
    return (JOBS - 1) / (starts[-1] - starts[0])


async def _fill(url: str, round_: int) -> None:
    redis = connection.connect(url)
    dispatch = await open_dispatch(redis)
    for number in range(JOBS):
        await dispatch.enqueue(make_order(f"drain-{round_}-{number}", repository=f"r{number % REPOSITORIES}"))
    await redis.aclose()


async def _fill_stock(url: str, round_: int) -> None:
    redis = ArqRedis.from_url(url)
    for number in range(JOBS):
        await redis.enqueue_job("run", _job_id=f"stock-{round_}-{number}", _queue_name=queue_worker.STOCK_QUEUE)
    await redis.aclose()
