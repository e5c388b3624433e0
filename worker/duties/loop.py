"""The loop of duties: one leader, every duty in turn, none able to stop the others."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from jobs.queue.doorbell import Doorbell
from worker.duties import archive, fold, publish, reconcile, retain, spending, triage
from worker.duties.office import Office

log = structlog.get_logger()

Duty = Callable[[Office], Awaitable[int]]

PAUSE = 1.0  # seconds between looks when nobody rings
FOLD_WAIT = 1000  # milliseconds one look at the event stream may wait

EVERY: tuple[tuple[float, Duty], ...] = (
    (0.0, triage.once),
    (0.0, publish.once),
    (2.0, archive.once),
    (2.0, spending.once),
    (5.0, reconcile.once),
    (3600.0, retain.once),
)
"""Each duty with the seconds between two times it is done; 0: at every ring."""


async def run(office: Office, doorbell: Doorbell) -> None:
    """Do the duties until cancelled."""
    async with asyncio.TaskGroup() as group:
        group.create_task(doorbell.listen())
        group.create_task(_decide(office, doorbell))
        group.create_task(_follow(office, doorbell))


async def _decide(office: Office, doorbell: Doorbell) -> None:
    """Do what is due whenever the doorbell rings, and look by ourselves in between."""
    done = {duty: float("-inf") for _, duty in EVERY}
    while True:
        for pause, duty in EVERY:
            if time.monotonic() - done[duty] >= pause:
                await _safely(duty, office)
                done[duty] = time.monotonic()
        await doorbell.wait(PAUSE)


async def _follow(office: Office, doorbell: Doorbell) -> None:
    """Fold events as they come, and ring when they owe something."""
    while True:
        if await _safely(lambda office: fold.once(office, block_ms=FOLD_WAIT), office):
            doorbell.ring_here()


async def _safely(duty: Duty, office: Office) -> int:
    try:
        return await duty(office)
    except Exception as error:  # noqa: BLE001 - a duty that fails is tried again; the others go on
        log.warning("duty_failed", why=f"{type(error).__name__}: {error}")
        await asyncio.sleep(PAUSE)
        return 0
