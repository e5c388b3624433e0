"""Spending: a cap that is reached holds what it concerns; one that is raised, or whose day is over, lets it go."""

from __future__ import annotations

import contextlib

import structlog

from jobs import errors, spending
from jobs.catalog import Catalog
from jobs.holds import Hold, of_lanes
from jobs.job import now
from jobs.ledger import attempts, holds, records
from jobs.ledger.database import Transaction
from worker.duties.office import Office

log = structlog.get_logger()


async def once(office: Office) -> int:
    """Bring the holds of caps up to date; returns how many changed."""
    new, over = await office.ledger.write(_settle, await office.catalog())
    for hold in (*new, *over):
        log.info("spending_hold_changed", subject=hold.subject, reason=hold.reason.code.value)
    if freed := await office.ledger.read(_freed, over):
        with contextlib.suppress(errors.TryAgain):  # what is put off comes back by itself, a little later
            await office.dispatch.undefer(freed)
    return len(new) + len(over)


def _settle(tx: Transaction, catalog: Catalog) -> tuple[list[Hold], list[Hold]]:
    """The holds that are new, and those that are over."""
    moment, ticket_usd = now(), catalog.workspace.ticket_usd
    spent = attempts.spent(tx, since=spending.midnight(moment), tickets_from=ticket_usd)
    reached = {_key(hold): hold for hold in spending.caps_reached(spent, catalog, moment)}
    present = {_key(hold): hold for hold in holds.present(tx) if hold.by == spending.BY}
    new = [hold for key, hold in reached.items() if key not in present]
    over = [hold for key, hold in present.items() if key not in reached]
    for hold in new:
        holds.put(tx, hold)
    for hold in over:
        holds.remove(tx, hold.subject, hold.reason.code)
    return new, over


def _freed(tx: Transaction, over: list[Hold]) -> set[str]:
    """The dispatches of persons and tickets that no other hold puts off any more."""
    freed = {waiting for hold in over for waiting in _put_off_by(tx, hold)}
    return freed.difference(*(_put_off_by(tx, hold) for hold in holds.present(tx))) if freed else freed


def _put_off_by(tx: Transaction, hold: Hold) -> list[str]:
    return [] if of_lanes(hold.subject) else records.queued_of(tx, hold.subject)


def _key(hold: Hold) -> tuple[str, str]:
    return hold.subject, hold.reason.code.value
