"""Leadership: of all processes on one ledger, one at a time does the duties, and another takes over when it is gone.

While a leader that lost its connection has not noticed yet, two may be at work for `EVERY` seconds. That costs work
but harms nothing: a duty's change of the record is a transaction that checks what it changes, and its effects outside
may be repeated.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine

import structlog

from jobs import errors
from jobs.ledger.database import Ledger, StillLeading

log = structlog.get_logger()

EVERY = 2.0  # seconds between two tries to become leader, and between two looks whether one still is

Duties = Callable[[], Coroutine[object, object, None]]


async def lead(ledger: Ledger, duties: Duties, *, every: float = EVERY) -> None:
    """Run `duties` whenever this process leads, until cancelled; they are cancelled when it leads no more.

    Args:
        ledger: who shares it shares the leader.
        duties: started anew each time; an error of theirs ends the wait as well.
        every: seconds between two looks.
    """
    while True:
        try:
            async with ledger.leading() as still:
                if still is not None:
                    await _perform(duties, still, every)
        except errors.TryAgain as error:
            log.warning("leader_unknown", why=str(error))
        await asyncio.sleep(every)


async def _perform(duties: Duties, still: StillLeading, every: float) -> None:
    log.info("leading")
    task = asyncio.create_task(duties())
    try:
        while not task.done() and await still():
            await asyncio.wait({task}, timeout=every)
    finally:
        task.cancel()
        await asyncio.wait({task})
    log.warning("leading_no_more")
    if not task.cancelled():
        task.result()
