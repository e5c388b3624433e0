"""What arrived, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, or_, select

from jobs.job import now
from jobs.ledger import schema, upserts
from jobs.ledger.database import Transaction
from jobs.ticket import Delivery


class Received(BaseModel):
    """One line of the delivery log."""

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    event: str
    actor: str
    outcome: str
    reason: str
    job_id: str | None
    received_at: datetime


class Filter(BaseModel):
    """What a list of deliveries is narrowed to; empty fields do not narrow."""

    model_config = ConfigDict(frozen=True)

    source: str = ""
    outcome: str = ""
    """`accepted`, `duplicate` or `ignored`."""
    text: str = ""
    """Part of the event, the actor, the reason or the sender's identifier, without regard to case."""
    before: str = ""
    """Identifier of the last delivery already seen: newest first, keyset paging."""


def record(tx: Transaction, delivery: Delivery) -> bool:
    """Keep a delivery; False if the same one (source, sender's id and content) is already kept."""
    values = {
        "id": delivery.id,
        "source": delivery.source,
        "key": delivery.key,
        "content_hash": delivery.content_hash,
        "event": delivery.event,
        "actor": delivery.actor.id if delivery.actor else "",
        "outcome": delivery.outcome,
        "reason": delivery.reason,
        "job_id": delivery.job_id,
        "body": delivery.body,
        "received_at": now().isoformat(),
    }
    return upserts.add(tx, schema.deliveries, values)


def seen(tx: Transaction, source: str, key: str, content_hash: str) -> Received | None:
    """The delivery kept under this sender's id and content, or None."""
    table = schema.deliveries
    same = (table.c.source == source, table.c.key == key, table.c.content_hash == content_hash)
    row = tx.execute(select(table).where(*same)).mappings().first()
    return Received.model_validate(dict(row)) if row else None


def listing(tx: Transaction, wanted: Filter, *, limit: int = 50) -> list[Received]:
    """Deliveries that match, newest first, at most `limit`."""
    table = schema.deliveries
    query = select(*(table.c[name] for name in Received.model_fields)).where(*_conditions(wanted))
    rows = tx.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Received.model_validate(dict(row)) for row in rows]


def recent(tx: Transaction, limit: int = 50) -> list[Received]:
    """The newest deliveries, newest first."""
    return listing(tx, Filter(), limit=limit)


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    column = schema.deliveries.c
    if wanted.source:
        yield column.source == wanted.source
    if wanted.outcome:
        yield column.outcome == wanted.outcome
    if wanted.text:
        searched = (column.event, column.actor, column.reason, column.key)
        yield or_(*(part.icontains(wanted.text, autoescape=True) for part in searched))
    if wanted.before:
        yield column.id < wanted.before
