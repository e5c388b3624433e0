"""The loop of duties: one leader, every duty in its own time, none able to stop or delay the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

import structlog

from jobs.ledger.database import StillLeading
from jobs.queue.doorbell import Doorbell
from worker.duties import archive, commands, fold, poll, publish, reconcile, retain, spending, triage
from worker.duties.office import Office

log = structlog.get_logger()

Duty = Callable[[Office], Awaitable[int]]

PAUSE = 1.0  # seconds between looks when nobody rings
FOLD_WAIT = 1000  # milliseconds one look at the event stream may wait

AT_A_RING: tuple[Duty, ...] = (triage.once, commands.once, publish.once)
"""Done at every ring, and every second."""

EVERY: tuple[tuple[float, Duty], ...] = (
    (2.0, archive.once),
    (2.0, spending.once),
    (5.0, reconcile.once),
    (5.0, poll.once),
    (3600.0, retain.once),
)
"""Each other duty with the seconds between two times it is done."""


async def run(office: Office, doorbell: Doorbell, leading: StillLeading) -> None:
    """Do the duties until cancelled; `leading` tells whether this process still may."""
    office = replace(office, leading=leading)
    bells = [asyncio.Event() for _ in AT_A_RING]
    async with asyncio.TaskGroup() as group:
        group.create_task(doorbell.listen())
        group.create_task(_pass_on(doorbell, bells))
        group.create_task(_follow(office, doorbell))
        for duty, bell in zip(AT_A_RING, bells, strict=True):
            group.create_task(_at_a_ring(office, duty, bell, bells))
        for pause, duty in EVERY:
            group.create_task(_every(office, duty, pause))


async def _pass_on(doorbell: Doorbell, bells: Sequence[asyncio.Event]) -> None:
    """One ring reaches every duty, also those that are busy at this moment."""
    while True:
        await doorbell.wait(PAUSE)
        for bell in bells:
            bell.set()


async def _at_a_ring(office: Office, duty: Duty, bell: asyncio.Event, bells: Sequence[asyncio.Event]) -> None:
    while True:
        bell.clear()
        if await _safely(duty, office):  # what one has done may be another's work
            for other in bells:
                other.set()
        await bell.wait()


async def _every(office: Office, duty: Duty, pause: float) -> None:
    while True:
        await _safely(duty, office)
        await asyncio.sleep(pause)


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
