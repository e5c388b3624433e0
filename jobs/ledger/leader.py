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

Duties = Callable[[StillLeading], Coroutine[object, object, None]]
"""What the leader does, with the question whether it still is the one."""


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
    still = _one_at_a_time(still)
    task = asyncio.create_task(duties(still))
    try:
        while not task.done() and await still():
            await asyncio.wait({task}, timeout=every)
    finally:
        task.cancel()
        await asyncio.wait({task})
    log.warning("leading_no_more")
    if not task.cancelled():
        task.result()


def _one_at_a_time(still: StillLeading) -> StillLeading:
    """The same question, asked once at a time: a connection answers one."""
    lock = asyncio.Lock()

    async def ask() -> bool:
        async with lock:
            return await still()

    return ask
