"""Stages: each begins and ends in the record, whatever happens in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from worker.executor.work import Work


@asynccontextmanager
async def stage(work: Work, name: str) -> AsyncIterator[None]:
    """Report a stage as running, then as done; a failure leaves it to whoever ends the run."""
    work.stage = name
    await work.desk.sink.stage(name, "running")
    try:
        yield
    except asyncio.CancelledError:
        await work.desk.sink.stage(name, "failed", "stopped")
        raise
    await work.desk.sink.stage(name, "done")
