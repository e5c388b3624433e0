"""Effects that are owed: written with the decision, performed after it, each until it is done."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, delete, select, update

from jobs.job import now
from jobs.ledger import schema, upserts
from jobs.ledger.database import Transaction


class Effect(StrEnum):
    """What can be owed for a job."""

    PULL_REQUEST = "pull_request"
    CONCLUDE = "conclude"
    """Labels, state and links of the ticket follow the job."""
    REPORT = "report"


class Owed(BaseModel):
    """One effect that is due."""

    model_config = ConfigDict(frozen=True)

    id: int
    job_id: str
    effect: Effect
    attempts: int
    due_at: datetime
    """Changes when it is owed again, so that what was owed meanwhile is not taken for done."""


def owe(tx: Transaction, job_id: str, effect: Effect) -> None:
    """Note that an effect is owed; noting it again makes it due again."""
    fresh = {"state": "due", "attempts": 0, "error": "", "due_at": now().isoformat()}
    upserts.put(tx, schema.outbox, {"job_id": job_id, "effect": effect.value, **fresh}, key=("job_id", "effect"))


def due(tx: Transaction, limit: int = 100) -> list[Owed]:
    """Effects whose time has come, oldest first."""
    table = schema.outbox
    query = select(table.c.id, table.c.job_id, table.c.effect, table.c.attempts, table.c.due_at)
    ready = query.where(table.c.state == "due", table.c.due_at <= now().isoformat()).order_by(table.c.id).limit(limit)
    rows = tx.execute(ready).mappings()
    return [Owed.model_validate(dict(row)) for row in rows]


def done(tx: Transaction, owed: Owed) -> None:
    """The effect is there, unless it was owed again meanwhile."""
    tx.execute(delete(schema.outbox).where(*_same(owed)))


def postpone(tx: Transaction, owed: Owed, error: str) -> None:
    """It did not work this time; try again after 2, 4, 8 … up to 300 seconds."""
    later = now() + timedelta(seconds=min(2 ** (owed.attempts + 1), 300))
    values = {"attempts": owed.attempts + 1, "error": error, "due_at": later.isoformat()}
    tx.execute(update(schema.outbox).where(*_same(owed)).values(**values))


def defer(tx: Transaction, owed: Owed, until: datetime, why: str = "") -> None:
    """It is not its time yet; none of its tries is spent."""
    tx.execute(update(schema.outbox).where(*_same(owed)).values(error=why, due_at=until.isoformat()))


def _same(owed: Owed) -> tuple[ColumnElement[bool], ...]:
    return schema.outbox.c.id == owed.id, schema.outbox.c.due_at == owed.due_at.isoformat()
