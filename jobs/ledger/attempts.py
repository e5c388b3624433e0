"""Attempts: every claim of every run, with who ran it, how it ended and what it spent."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, func, insert, select, update

from jobs import holds
from jobs.job import Job
from jobs.ledger import schema
from jobs.ledger.database import Transaction
from jobs.results import Usage
from jobs.spending import Spent

RUNNING = "running"
"""The outcome of an attempt that has not ended."""

PUBLISHED = "published"
"""The outcome of an attempt that pushed its commit."""

USEFUL = (PUBLISHED, "failed")
"""Outcomes whose durations say how long a run takes."""


class Attempt(BaseModel):
    """One claim of one run."""

    model_config = ConfigDict(frozen=True)

    token: str
    """Its fencing token."""
    job_id: str
    run: int
    worker: str
    account: str
    model: str
    outcome: str
    """`running`, `published`, `failed`, `parked`, `unpublished`, `cancelled`, `released`, `lost` or `crashed`."""
    reason: str
    """The reason's code; empty while it runs."""
    tokens: int
    usd: float
    started_at: datetime
    ended_at: datetime | None


def begin(tx: Transaction, job: Job, at: datetime) -> None:
    """Note that a worker has claimed the job; `job` is already the running one."""
    values = {
        "token": job.claim,
        "job_id": job.id,
        "run": job.run,
        "worker": job.worker,
        "account": job.selection.account if job.selection else "",
        "model": job.selection.model if job.selection else "",
        "repository": job.repository,
        "person": holds.person(job.ticket.source, job.actor) if job.actor else "",
        "ticket": holds.ticket(job.ticket),
        "outcome": RUNNING,
        "reason": "",
        "tokens": 0,
        "usd": 0.0,
        "started_at": at.isoformat(),
    }
    tx.execute(insert(schema.attempts).values(**values))


def spend(tx: Transaction, token: str, usage: Usage) -> None:
    """Note what an attempt has spent so far."""
    values = {"tokens": usage.tokens, "usd": usage.usd or 0.0}
    tx.execute(update(schema.attempts).where(schema.attempts.c.token == token).values(**values))


def end(tx: Transaction, token: str, outcome: str, at: datetime, reason: str = "") -> None:
    """Note how an attempt ended; the first word about it counts."""
    same = (schema.attempts.c.token == token, schema.attempts.c.outcome == RUNNING)
    values = {"outcome": outcome, "reason": reason, "ended_at": at.isoformat()}
    tx.execute(update(schema.attempts).where(*same).values(**values))


def of_job(tx: Transaction, job_id: str) -> list[Attempt]:
    """Every attempt of a job, oldest first."""
    query = select(schema.attempts).where(schema.attempts.c.job_id == job_id)
    rows = tx.execute(query.order_by(schema.attempts.c.started_at)).mappings()
    return [Attempt.model_validate(dict(row)) for row in rows]


def durations(tx: Transaction, account: str, limit: int = 50) -> list[float]:
    """Seconds the last attempts of an account took to a result of their own, newest first."""
    table = schema.attempts
    query = select(table.c.started_at, table.c.ended_at).where(
        table.c.account == account,
        table.c.outcome.in_(USEFUL),
    )
    rows = tx.execute(query.order_by(table.c.ended_at.desc()).limit(limit))
    return [(datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() for start, end in rows]


def spent(tx: Transaction, *, since: datetime, tickets_from: float | None) -> Spent:
    """USD spent by attempts that began since then; and by tickets ever, where that is at least `tickets_from`."""
    table, began = schema.attempts.c, schema.attempts.c.started_at >= since.isoformat()
    return Spent(
        everything=tx.execute(select(_total).where(began)).scalar() or 0,
        repositories=_totals(tx, select(table.repository, _total).where(began).group_by(table.repository)),
        persons=_totals(tx, select(table.person, _total).where(began, table.person != "").group_by(table.person)),
        tickets=_tickets(tx, tickets_from) if tickets_from else {},
    )


_total = func.sum(schema.attempts.c.usd)


def _tickets(tx: Transaction, least: float) -> dict[str, float]:
    column = schema.attempts.c.ticket
    return _totals(tx, select(column, _total).group_by(column).having(_total >= least))


def _totals(tx: Transaction, query: Select[str, float]) -> dict[str, float]:
    return {name: usd for name, usd in tx.execute(query)}  # noqa: C416 - its rows are no pairs to mypy
