"""Who did what, append-only."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select

from jobs.job import now
from jobs.ledger import schema
from jobs.ledger.database import Transaction


class Entry(BaseModel):
    """One act."""

    model_config = ConfigDict(frozen=True)

    id: int
    at: datetime
    actor: str
    action: str
    """`job.cancel`, `source.rotate`, …"""
    subject: str
    detail: str


def note(tx: Transaction, *, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Append one entry: `actor` did `action` to `subject`."""
    values = {"at": now().isoformat(), "actor": actor, "action": action, "object": subject, "detail": detail}
    tx.execute(insert(schema.audit).values(**values))


def recent(tx: Transaction, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """The newest entries, newest first; with `before`, only older ones."""
    table = schema.audit
    query = select(
        table.c.id, table.c.at, table.c.actor, table.c.action, table.c.object.label("subject"), table.c.detail
    )
    if before is not None:
        query = query.where(table.c.id < before)
    rows = tx.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Entry.model_validate(dict(row)) for row in rows]
