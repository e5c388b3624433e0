"""The loop of duties: one leader, every duty in turn, none able to stop the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from jobs.queue.doorbell import Doorbell
from worker.duties import fold, publish, reconcile, triage
from worker.duties.office import Office

log = structlog.get_logger()

PAUSE = 1.0  # seconds between looks when nobody rings
RECONCILE_EVERY = 5.0  # seconds
FOLD_WAIT = 1000  # milliseconds one look at the event stream may wait


async def run(office: Office, doorbell: Doorbell) -> None:
    """Do the duties until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(doorbell.listen())
        group.create_task(_decide(office, doorbell))
        group.create_task(_follow(office, doorbell))


async def _decide(office: Office, doorbell: Doorbell) -> None:
    """Triage and publish whenever the doorbell rings, and look by ourselves in between."""
    reconciled = float("-inf")
    while True:
        await _safely(triage.once, office)
        await _safely(publish.once, office)
        if time.monotonic() - reconciled > RECONCILE_EVERY:
            await _safely(reconcile.once, office)
            reconciled = time.monotonic()
        await doorbell.wait(PAUSE)


async def _follow(office: Office, doorbell: Doorbell) -> None:
    """Fold events as they come, and ring when they owe something."""
    while True:
        if await _safely(lambda office: fold.once(office, block_ms=FOLD_WAIT), office):
            doorbell.ring_here()


async def _safely(duty: Callable[[Office], Awaitable[int]], office: Office) -> int:
    try:
        return await duty(office)
    except Exception as error:  # noqa: BLE001 - a duty that fails is tried again; the others go on
        log.warning("duty_failed", why=f"{type(error).__name__}: {error}")
        await asyncio.sleep(PAUSE)
        return 0
