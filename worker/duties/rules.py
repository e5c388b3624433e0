"""Rules: the limits and holds that claims obey, brought to the queue again and again, since it may lose them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobs import holds
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.job import now
from jobs.ledger import holds as kept
from jobs.ledger import records
from worker.duties.office import Office

DEFERRED_FOR = timedelta(minutes=10)
"""How long the jobs of a held person or ticket are put off at a time: what a lost word of the hold's end costs."""


async def once(office: Office) -> int:
    """Bring limits and holds to the queue; returns how many holds there are."""
    await office.dispatch.limit(limits(await office.catalog()))
    present = await office.ledger.read(kept.present)
    known, wanted = await office.dispatch.holds(), _longest(hold for hold in present if holds.of_lanes(hold.subject))
    for subject, until in wanted.items():
        if subject not in known or known[subject] != until:
            await office.dispatch.hold(subject, until)
    for subject, until in known.items():
        if until is None and subject not in wanted:  # the others end by themselves; a worker may just have put them
            await office.dispatch.resume(subject)
    for hold in present:
        if not holds.of_lanes(hold.subject):
            await _defer(office, hold)
    return len(present)


def limits(catalog: Catalog) -> dict[str, int]:
    """How many runs may be under way at the same time, by subject."""
    accounts = {holds.account(one.account): one.max_parallel for one in catalog.providers}
    repositories = {holds.repository(one.alias): one.max_parallel for one in catalog.repositories}
    return {subject: most for subject, most in (accounts | repositories).items() if most is not None}


def not_before(hold: Hold) -> datetime:
    """Until when the dispatches of a held person or ticket are put off now."""
    again = now() + DEFERRED_FOR
    return min(hold.until, again) if hold.until else again


async def _defer(office: Office, hold: Hold) -> None:
    """Lanes know accounts and repositories only: what a person or a ticket has in them is put off one by one."""
    waiting = await office.ledger.read(records.queued_of, hold.subject)
    if waiting:
        await office.dispatch.defer(waiting, not_before(hold))


def _longest(present: Iterable[Hold]) -> dict[str, datetime | None]:
    """Until when each subject is held, where several holds concern it."""
    until: dict[str, datetime | None] = {}
    for hold in present:
        if hold.subject in until and until[hold.subject] is None:
            continue
        before = until.get(hold.subject)
        until[hold.subject] = max(before, hold.until) if before and hold.until else hold.until
    return until
