"""Spending: a cap that is reached holds what it concerns; one that is raised, or whose day is over, lets it go."""

from __future__ import annotations

import structlog

from jobs import spending
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.job import now
from jobs.ledger import attempts, holds
from jobs.ledger.database import Transaction
from worker.duties.office import Office

log = structlog.get_logger()


async def once(office: Office) -> int:
    """Bring the holds of caps up to date; returns how many changed."""
    changed = await office.ledger.write(_settle, await office.catalog())
    for hold in changed:
        log.info("spending_hold_changed", subject=hold.subject, reason=hold.reason.code.value)
    return len(changed)


def _settle(tx: Transaction, catalog: Catalog) -> list[Hold]:
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
    return new + over


def _key(hold: Hold) -> tuple[str, str]:
    return hold.subject, hold.reason.code.value
