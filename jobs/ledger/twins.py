"""Jobs that make a new one for a ticket needless."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import and_, bindparam, func, or_, select

from jobs.job import ENDED, Status
from jobs.ledger import pairs, schema
from jobs.ledger.database import Transaction
from jobs.ledger.prepared import Prepared
from jobs.ticket import Ticket


class Twins(NamedTuple):
    """Jobs of a ticket that is delivered again, by id."""

    unfinished: str | None
    """The newest that has not ended."""
    same_text: str | None
    """One that has ended and was made for exactly this text a short time ago."""


def lock(tx: Transaction, ticket: Ticket) -> None:
    """Let nobody else decide about this ticket until the transaction ends.

    SQLite has one writer anyway; in PostgreSQL two transactions would both find no unfinished job.
    """
    if tx.dialect.name == "postgresql":
        key = func.hashtextextended(f"{ticket.source}/{ticket.key}", 0)
        tx.execute(select(func.pg_advisory_xact_lock(key)))


def with_jobs(tx: Transaction, tickets: Sequence[Ticket]) -> set[pairs.Pair]:
    """Source and key of those tickets that have any job."""
    return pairs.present(tx, (_TABLE.source, _TABLE.ticket_key), [(ticket.source, ticket.key) for ticket in tickets])


def find(tx: Transaction, ticket: Ticket, since: datetime) -> Twins:
    """The twins of a job for this ticket; text counts as the same from `since` on."""
    values = {"source": ticket.source, "key": ticket.key, "text": ticket.fingerprint(), "since": since.isoformat()}
    found = _QUERY.rows(tx, values)
    return Twins(
        unfinished=next((job_id for job_id, lives in reversed(found) if lives), None),
        same_text=next((job_id for job_id, lives in found if not lives), None),
    )


def succeeded(tx: Transaction, ticket: Ticket) -> str | None:
    """The newest job of this ticket that succeeded, by id, or None."""
    found = _SUCCEEDED.rows(tx, {"source": ticket.source, "key": ticket.key})
    return found[0][0] if found else None


_TABLE = schema.jobs.c
_UNFINISHED = and_(*(_TABLE.status != status.value for status in sorted(ENDED)))
_SAME_TEXT = and_(_TABLE.fingerprint == bindparam("text"), _TABLE.created_at >= bindparam("since"))
_QUERY = Prepared(
    select(_TABLE.id, _UNFINISHED)
    .where(_TABLE.source == bindparam("source"), _TABLE.ticket_key == bindparam("key"), or_(_UNFINISHED, _SAME_TEXT))
    .order_by(_TABLE.id)
)
_SUCCEEDED = Prepared(
    select(_TABLE.id)
    .where(
        _TABLE.source == bindparam("source"),
        _TABLE.ticket_key == bindparam("key"),
        _TABLE.status == Status.SUCCEEDED.value,
    )
    .order_by(_TABLE.id.desc())
    .limit(1)
)
