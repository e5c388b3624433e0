"""One of several processes leads, and another takes over, on every database JCA runs on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from jobs.ledger import leader
from jobs.ledger.database import Ledger, StillLeading
from jobs.ledger.postgresql import LEADER

SOON = 0.02  # seconds between two looks


class Gateway:
    """A process with duties."""

    def __init__(self, url: str) -> None:
        self._ledger = Ledger.open(url)
        self.leads = asyncio.Event()
        self.stopped = asyncio.Event()
        self.starts = 0
        self.task = asyncio.create_task(leader.lead(self._ledger, self._duties, every=SOON))

    async def _duties(self, still: StillLeading) -> None:
        assert await still()
        self.starts += 1
        self.leads.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.leads.clear()
            self.stopped.set()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.wait({self.task})
        await self._ledger.close()


@pytest.fixture
async def pair(url: str) -> AsyncIterator[tuple[Gateway, Gateway]]:
    """One that leads and one that waits."""
    first = Gateway(url)
    await asyncio.wait_for(first.leads.wait(), 10)
    second = Gateway(url)
    yield first, second
    await first.stop()
    await second.stop()


async def test_one_leads_and_the_other_takes_over_when_it_goes(pair: tuple[Gateway, Gateway]) -> None:
    first, second = pair
    await asyncio.sleep(10 * SOON)
    assert (first.starts, second.starts) == (1, 0)

    await first.stop()

    await asyncio.wait_for(second.leads.wait(), 10)
    assert not first.leads.is_set()


async def test_duties_that_fail_end_the_leadership_with_their_error(ledger: Ledger, url: str) -> None:
    async def break_off(_still: StillLeading) -> None:
        raise LookupError("nothing to do")

    with pytest.raises(LookupError, match="nothing to do"):
        await leader.lead(ledger, break_off)

    other = Gateway(url)
    await asyncio.wait_for(other.leads.wait(), 10)
    await other.stop()


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_leader_whose_connection_is_cut_stops_its_duties_and_the_other_takes_over(
    pair: tuple[Gateway, Gateway],
    ledger: Ledger,
) -> None:
    first, second = pair
    cut = text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = :key")

    await ledger.write(lambda tx: tx.execute(cut, {"key": LEADER}).all())

    await asyncio.wait_for(first.stopped.wait(), 10)
    await asyncio.wait_for(second.leads.wait(), 10)
    assert (first.starts, second.starts) == (1, 1)
