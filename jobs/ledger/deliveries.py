"""What arrived, and what became of it."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

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


def recent(tx: Transaction, limit: int = 50) -> list[Received]:
    """The newest deliveries, newest first."""
    table = schema.deliveries
    rows = tx.execute(select(table).order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Received.model_validate(dict(row)) for row in rows]
