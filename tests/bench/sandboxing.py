"""What the sandbox adds to a command."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable
from pathlib import Path

from tests.bench.figures import Figure
from worker.sandbox.bubblewrap import Sandbox

ROUNDS = 20
COMMAND = "/usr/bin/true"


async def measure(tree: Path) -> list[Figure]:
    """Run the same command contained and plainly, in turn."""
    sandbox = Sandbox(tree)
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(await _milliseconds(sandbox.run([COMMAND], timeout=30)))
        peer.append(await _milliseconds(_plainly()))
    return [Figure("command in the sandbox", statistics.median(ours), "ms", statistics.median(peer), "a subprocess")]


async def _plainly() -> None:
    process = await asyncio.create_subprocess_exec(COMMAND, stdout=asyncio.subprocess.PIPE)
    await process.communicate()


async def _milliseconds(work: Awaitable[object]) -> float:
    began = time.perf_counter()
    await work
    return (time.perf_counter() - began) * 1000
