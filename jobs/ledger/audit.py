"""Who did what, append-only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, computed_field
from sqlalchemy import ColumnElement, insert, or_, select

from jobs import actors
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

    @computed_field  # type: ignore[prop-decorator]  # https://docs.pydantic.dev/latest/api/fields/#pydantic.fields.computed_field
    @property
    def claimed(self) -> bool:
        """Whether the actor is only what a program said of itself."""
        return actors.is_claim(self.actor)


class Filter(BaseModel):
    """What a list of entries is narrowed to; empty fields do not narrow."""

    model_config = ConfigDict(frozen=True)

    actor: str = ""
    """Part of the actor, without regard to case."""
    action: str = ""
    """`job.cancel`, or `job` for everything done to jobs."""
    text: str = ""
    """Part of the subject or the detail, without regard to case."""
    since: datetime | None = None
    until: datetime | None = None
    """Up to, and without, this moment."""


def note(tx: Transaction, *, actor: str, action: str, subject: str, detail: str = "") -> None:
    """Append one entry: `actor` did `action` to `subject`."""
    values = {"at": now().isoformat(), "actor": actor, "action": action, "object": subject, "detail": detail}
    tx.execute(insert(schema.audit).values(**values))


def listing(tx: Transaction, wanted: Filter, *, before: int | None = None, limit: int = 50) -> list[Entry]:
    """Entries that match, newest first, at most `limit`; with `before`, only those older than that entry."""
    table = schema.audit
    query = select(
        table.c.id, table.c.at, table.c.actor, table.c.action, table.c.object.label("subject"), table.c.detail
    ).where(*_conditions(wanted))
    if before is not None:
        query = query.where(table.c.id < before)
    rows = tx.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Entry.model_validate(dict(row)) for row in rows]


def recent(tx: Transaction, *, limit: int = 50) -> list[Entry]:
    """The newest entries, newest first."""
    return listing(tx, Filter(), limit=limit)


def actions(tx: Transaction) -> list[str]:
    """Every action that was ever noted, sorted."""
    return list(tx.execute(select(schema.audit.c.action).distinct().order_by(schema.audit.c.action)).scalars())


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    column = schema.audit.c
    if wanted.actor:
        yield column.actor.icontains(wanted.actor, autoescape=True)
    if wanted.action:
        yield or_(column.action == wanted.action, column.action.startswith(f"{wanted.action}.", autoescape=True))
    if wanted.text:
        yield or_(*(part.icontains(wanted.text, autoescape=True) for part in (column.object, column.detail)))
    if wanted.since:
        yield column.at >= wanted.since.astimezone(UTC).isoformat()
    if wanted.until:
        yield column.at < wanted.until.astimezone(UTC).isoformat()
