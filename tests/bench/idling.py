"""What a worker with nothing to do costs: ours beside arq's own, at the same time."""

from __future__ import annotations

import asyncio

from tests.bench import processes, queue_worker

SETTLING = 1.0  # seconds
WATCHED = 10.0  # seconds


async def measure(url: str) -> tuple[float, float]:
    """Percent of one processor, ours and the peer's."""
    async with queue_worker.started("ours", url) as ours, queue_worker.started("stock", url) as peer:
        await asyncio.sleep(SETTLING)
        before = [processes.cpu(process.pid) for process in (ours, peer)]
        await asyncio.sleep(WATCHED)
        spent = [processes.cpu(process.pid) - earlier for process, earlier in zip((ours, peer), before, strict=True)]
    mine, its = (milliseconds / (WATCHED * 1000) * 100 for milliseconds in spent)
    return mine, its
