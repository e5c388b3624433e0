"""Jobs in the ledger: insert, find, save, list. Every change keeps who made it and why."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Select, and_, func, insert, select, update

from jobs import errors, holds
from jobs.job import ENDED, Job, Status, now
from jobs.ledger import obstacles, schema
from jobs.ledger.database import Transaction
from jobs.ledger.obstacles import Obstacles
from jobs.ledger.prepared import Prepared

PAGE = 50  # rows

_Row = TypeVar("_Row", bound=tuple[Any, ...])


class Transition(BaseModel):
    """One step of a job's history."""

    model_config = ConfigDict(frozen=True)

    status: Status
    who: str
    why: str
    at: datetime


class Filter(BaseModel):
    """What a list of jobs is narrowed to; empty fields do not narrow."""

    model_config = ConfigDict(frozen=True)

    statuses: tuple[Status, ...] = ()
    text: str = ""
    """Part of a ticket key, title, repository, branch or job id, without regard to case."""
    provider: str = ""
    repository: str = ""
    obstacles: Obstacles | None = None
    obstructed: bool = True
    """With obstacles: whether the jobs that meet one are wanted, or those that meet none."""
    before: str = ""
    """Job id of the last row already seen: newest first, keyset paging."""


def insert_job(tx: Transaction, job: Job, *, who: str, why: str) -> None:
    """Record a new job."""
    insert_jobs(tx, [(job, why)], who=who)


def insert_jobs(tx: Transaction, made: Sequence[tuple[Job, str]], *, who: str) -> None:
    """Record new jobs, at least one, each with why it was made."""
    rows = [{"id": job.id, "created_at": job.created_at.isoformat(), **_columns(job)} for job, _ in made]
    _INSERT_JOB.change_all(tx, rows)
    _INSERT_TRANSITION.change_all(tx, [_transition(job, who=who, why=why) for job, why in made])


def save(tx: Transaction, job: Job, *, who: str, why: str = "") -> Job:
    """Write a changed job and return it with its new version.

    Raises:
        errors.Conflict: it was changed by somebody else since it was read.
    """
    saved = job.model_copy(update={"version": job.version + 1, "updated_at": now()})
    known = and_(schema.jobs.c.id == job.id, schema.jobs.c.version == job.version)
    before = tx.execute(select(schema.jobs.c.status).where(known)).scalar()
    changed = tx.execute(update(schema.jobs).where(known).values(**_columns(saved)))
    if changed.rowcount != 1:
        raise errors.Conflict(f"Job {job.id} changed meanwhile.")
    if before != saved.status:
        why = why or (str(saved.reason) if saved.reason else "")
        _INSERT_TRANSITION.change(tx, _transition(saved, who=who, why=why))
    return saved


def get(tx: Transaction, job_id: str) -> Job:
    """The job with this id.

    Raises:
        errors.NotFound: there is none.
    """
    job = find(tx, job_id)
    if job is None:
        raise errors.NotFound(f"There is no job {job_id}.", remedy="`jca jobs list` shows those that exist.")
    return job


def find(tx: Transaction, job_id: str) -> Job | None:
    """The job with this id, or None."""
    row = tx.execute(select(schema.jobs.c.record).where(schema.jobs.c.id == job_id)).scalar()
    return Job.model_validate_json(row) if row is not None else None


def listing(tx: Transaction, wanted: Filter, *, limit: int = PAGE) -> list[Job]:
    """Jobs that match, newest first, at most `limit`."""
    query = _narrowed(select(schema.jobs.c.record), wanted)
    if wanted.before:
        query = query.where(schema.jobs.c.id < wanted.before)
    rows = tx.execute(query.order_by(schema.jobs.c.id.desc()).limit(limit)).scalars()
    return [Job.model_validate_json(row) for row in rows]


def with_status(tx: Transaction, statuses: Collection[Status], *, source: str = "", limit: int = 1000) -> list[Job]:
    """Jobs in any of these statuses, of one source where it is given, oldest first: what a duty has to look at."""
    query = select(schema.jobs.c.record).where(schema.jobs.c.status.in_([status.value for status in statuses]))
    if source:
        query = query.where(schema.jobs.c.source == source)
    rows = tx.execute(query.order_by(schema.jobs.c.id).limit(limit)).scalars()
    return [Job.model_validate_json(row) for row in rows]


def sources_with(tx: Transaction, status: Status) -> set[str]:
    """The names of the sources that have jobs in this status."""
    query = select(schema.jobs.c.source).where(schema.jobs.c.status == status.value).distinct()
    return set(tx.execute(query).scalars())


def dispatch_ids(tx: Transaction, statuses: Collection[Status]) -> set[str]:
    """The dispatches of all jobs in any of these statuses; quick, since no record is read."""
    table = schema.jobs.c
    rows = tx.execute(select(table.id, table.run).where(table.status.in_([status.value for status in statuses])))
    return {f"{job_id}.{run}" for job_id, run in rows}


def dispatched_as(tx: Transaction, dispatch_ids: Collection[str], statuses: Collection[Status]) -> list[Job]:
    """The jobs in any of these statuses whose present dispatch is one of these, oldest first."""
    found = (find(tx, dispatch_id.rpartition(".")[0]) for dispatch_id in sorted(dispatch_ids))
    return [job for job in found if job and job.dispatch_id in dispatch_ids and job.status in statuses]


def queued_of(tx: Transaction, subject: str) -> list[str]:
    """The dispatches that wait of a person or a ticket, given as the subject of a hold."""
    table = schema.jobs.c
    whose = obstacles.concerns(subject)
    rows = tx.execute(select(table.id, table.run).where(table.status == Status.QUEUED.value, whose))
    return [f"{job_id}.{run}" for job_id, run in rows]


def offers_wanted(tx: Transaction) -> set[tuple[str, str]]:
    """Account and model of everything that waits for a worker."""
    table = schema.jobs.c
    query = select(table.provider, table.model).where(table.status == Status.QUEUED.value).distinct()
    return {(source, key) for source, key in tx.execute(query)}


def counts(tx: Transaction, wanted: Filter | None = None) -> dict[Status, int]:
    """How many jobs are in each status, counted from the rows themselves."""
    query = select(schema.jobs.c.status, func.count()).group_by(schema.jobs.c.status)
    rows = tx.execute(_narrowed(query, wanted) if wanted else query)
    return {Status(status): count for status, count in rows}


def unfinished_for(tx: Transaction, source: str, ticket_key: str) -> Job | None:
    """The job of this ticket that has not ended, or None."""
    query = select(schema.jobs.c.record).where(
        schema.jobs.c.source == source,
        schema.jobs.c.ticket_key == ticket_key,
        schema.jobs.c.status.not_in([status.value for status in ENDED]),
    )
    row = tx.execute(query.order_by(schema.jobs.c.id.desc()).limit(1)).scalar()
    return Job.model_validate_json(row) if row is not None else None


def of_ticket(tx: Transaction, source: str, ticket_key: str, *, limit: int = PAGE) -> list[Job]:
    """The jobs of this ticket, newest first, at most `limit`."""
    query = select(schema.jobs.c.record).where(schema.jobs.c.source == source, schema.jobs.c.ticket_key == ticket_key)
    rows = tx.execute(query.order_by(schema.jobs.c.id.desc()).limit(limit)).scalars()
    return [Job.model_validate_json(row) for row in rows]


def latest_for(tx: Transaction, source: str, ticket_key: str) -> str | None:
    """The newest job of this ticket, by id, or None."""
    query = select(func.max(schema.jobs.c.id))
    return tx.execute(query.where(schema.jobs.c.source == source, schema.jobs.c.ticket_key == ticket_key)).scalar()


def of_pull_request(tx: Transaction, url: str) -> Job | None:
    """The newest job whose pull request has this web address, without regard to case, or None."""
    column = schema.jobs.c.pull_request
    query = select(schema.jobs.c.record).where(column == url.casefold(), column != "")
    row = tx.execute(query.order_by(schema.jobs.c.id.desc()).limit(1)).scalar()
    return Job.model_validate_json(row) if row is not None else None


def history(tx: Transaction, job_id: str) -> list[Transition]:
    """Every transition of a job, oldest first."""
    table = schema.transitions
    rows = tx.execute(
        select(table.c.status, table.c.who, table.c.why, table.c.at)
        .where(table.c.job_id == job_id)
        .order_by(table.c.id),
    )
    return [Transition(status=Status(s), who=who, why=why, at=datetime.fromisoformat(at)) for s, who, why, at in rows]


def facets(tx: Transaction) -> tuple[Sequence[str], Sequence[str]]:
    """The providers and repositories that occur, for the filters of the queue page."""
    providers = tx.execute(select(schema.jobs.c.provider).distinct().order_by("provider")).scalars()
    repositories = tx.execute(select(schema.jobs.c.repository).distinct().order_by("repository")).scalars()
    return [name for name in providers if name], [name for name in repositories if name]


def _narrowed(query: Select[_Row], wanted: Filter) -> Select[_Row]:
    table = schema.jobs
    if wanted.statuses:
        query = query.where(table.c.status.in_([status.value for status in wanted.statuses]))
    if wanted.provider:
        query = query.where(table.c.provider == wanted.provider)
    if wanted.repository:
        query = query.where(table.c.repository == wanted.repository)
    if wanted.obstacles:
        met = obstacles.met(wanted.obstacles)
        query = query.where(met if wanted.obstructed else ~met)
    for word in wanted.text.casefold().split():
        query = query.where(table.c.search.contains(word, autoescape=True))
    return query


def _columns(job: Job) -> dict[str, object]:
    words = [job.id, job.ticket.key, job.ticket.title, job.repository, job.branch]
    return {
        "status": job.status.value,
        "source": job.ticket.source,
        "ticket_key": job.ticket.key,
        "fingerprint": job.ticket.fingerprint(),
        "repository": job.repository,
        "provider": job.selection.provider if job.selection else "",
        "model": job.selection.model if job.selection else "",
        "person": holds.person(job.ticket.source, job.actor) if job.actor else "",
        "run": job.run,
        "pull_request": job.pull_request.url.casefold() if job.pull_request else "",
        "search": " ".join(words).casefold(),
        "record": job.model_dump_json(),
        "version": job.version,
        "updated_at": job.updated_at.isoformat(),
    }


def _transition(job: Job, *, who: str, why: str) -> dict[str, object]:
    return {"job_id": job.id, "status": job.status.value, "who": who, "why": why, "at": now().isoformat()}


_INSERT_JOB = Prepared(insert(schema.jobs))
_INSERT_TRANSITION = Prepared(insert(schema.transitions))
