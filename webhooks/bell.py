"""Waking triage without ever waiting for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import structlog

PAUSE = 0.02  # seconds between two rings: triage takes up many jobs at once, and each ring costs more than a delivery

log = structlog.get_logger()

Wake = Callable[[], Awaitable[None]]
"""Tells triage that there is something to do; may take its time, may fail."""


class Bell:
    """Rings in the background; strokes that come while one is on its way, or soon after it, become one more."""

    def __init__(self, wake: Wake) -> None:
        self._wake = wake
        self._struck = asyncio.Event()

    def ring(self) -> None:
        """Ask for a ring; returns at once."""
        self._struck.set()

    @asynccontextmanager
    async def hung(self) -> AsyncIterator[None]:
        """Rings are carried out while this is open."""
        ringer = asyncio.create_task(self._carry_out())
        try:
            yield
        finally:
            ringer.cancel()
            with suppress(asyncio.CancelledError):
                await ringer

    async def _carry_out(self) -> None:
        while True:
            await self._struck.wait()
            self._struck.clear()
            try:
                await self._wake()
            except Exception:  # the job is recorded, and triage also looks by itself
                log.warning("wake_failed", exc_info=True)
            await asyncio.sleep(PAUSE)
