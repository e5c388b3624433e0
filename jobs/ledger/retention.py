"""Forgetting: what is older than the installation keeps, and whatever belongs to one ticket."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import delete, select, update

from jobs import errors
from jobs.job import ENDED
from jobs.ledger import records, schema
from jobs.ledger.database import Transaction

CHUNK = 200
"""Jobs that are forgotten in one transaction, so that no transaction is long."""

_OF_JOBS = (
    schema.transitions,
    schema.stages,
    schema.outbox,
    schema.reports,
    schema.diffs,
    schema.logs,
    schema.attempts,
    schema.deliveries,
)

_ENDED = [status.value for status in ENDED]


class Purged(BaseModel):
    """What was forgotten."""

    model_config = ConfigDict(frozen=True)

    jobs: tuple[str, ...] = ()


def of_ticket(tx: Transaction, ticket_key: str) -> dict[str, list[str]]:
    """The jobs of tickets with this key, by source."""
    table = schema.jobs.c
    rows = tx.execute(select(table.source, table.id).where(table.ticket_key == ticket_key).order_by(table.id))
    found: dict[str, list[str]] = {}
    for source, job_id in rows:
        found.setdefault(source, []).append(job_id)
    return found


def check_purgeable(tx: Transaction, source: str, ticket_key: str) -> tuple[str, ...]:
    """The jobs of a ticket, none of which is under way.

    Raises:
        errors.NotFound: there is no job of this ticket.
        errors.Conflict: one of them has not ended.
    """
    found = of_ticket(tx, ticket_key).get(source)
    if not found:
        msg = f"There is no job of the ticket {ticket_key} of {source}."
        raise errors.NotFound(msg, remedy="`jca jobs list` shows tickets as they are named here.")
    if unfinished := records.unfinished_for(tx, source, ticket_key):
        msg = f"Job {unfinished.id} of {ticket_key} has not ended: it is {unfinished.status}."
        raise errors.Conflict(msg, remedy="Cancel it or wait for its end, then purge again.")
    return tuple(found)


def purge_ticket(tx: Transaction, source: str, ticket_key: str) -> Purged:
    """Forget every job of a ticket with all that belongs to it: history, log, diff, report, deliveries, commands.

    Raises:
        errors.JcaError: as `check_purgeable`.
    """
    found = check_purgeable(tx, source, ticket_key)
    _forget(tx, found)
    for table in (schema.commands, schema.deliveries):
        tx.execute(delete(table).where(table.c.source == source, table.c.ticket_key == ticket_key))
    return Purged(jobs=found)


def forget_before(tx: Transaction, moment: datetime) -> Purged:
    """Forget jobs that ended before this moment, at most 200 at a time, and older deliveries of no job."""
    before = moment.isoformat()
    old = select(schema.jobs.c.id).where(schema.jobs.c.status.in_(_ENDED), schema.jobs.c.updated_at < before)
    found = tx.execute(old.order_by(schema.jobs.c.id).limit(CHUNK)).scalars().all()
    _forget(tx, found)
    deliveries, commands = schema.deliveries, schema.commands
    tx.execute(delete(commands).where(commands.c.created_at < before, commands.c.outcome != ""))
    tx.execute(delete(deliveries).where(deliveries.c.received_at < before, deliveries.c.job_id.is_(None)))
    return Purged(jobs=tuple(found))


def forget_bodies(tx: Transaction, moment: datetime) -> int:
    """Forget the raw bodies of deliveries received before this moment, at most 200 at a time; returns how many."""
    table = schema.deliveries
    old = select(table.c.id).where(table.c.received_at < moment.isoformat(), table.c.body != b"").limit(CHUNK)
    found = tx.execute(old).scalars().all()
    tx.execute(update(table).where(table.c.id.in_(found)).values(body=b""))
    return len(found)


def _forget(tx: Transaction, job_ids: Sequence[str]) -> None:
    for table in _OF_JOBS:
        tx.execute(delete(table).where(table.c.job_id.in_(job_ids)))
    tx.execute(delete(schema.jobs).where(schema.jobs.c.id.in_(job_ids)))
