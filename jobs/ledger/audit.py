"""Who did what, append-only."""

from __future__ import annotations

from sqlalchemy import insert

from jobs.job import now
from jobs.ledger import schema
from jobs.ledger.database import Transaction


async def note(tx: Transaction, *, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Append one entry: `actor` did `action` to `subject`."""
    values = {"at": now().isoformat(), "actor": actor, "action": action, "object": subject, "detail": detail}
    await tx.execute(insert(schema.audit).values(**values))
