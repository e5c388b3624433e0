"""Holds: what keeps waiting jobs from being started although a worker would be ready for them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from jobs.job import Job, now
from jobs.reasons import Reason
from jobs.ticket import Person, Ticket

EVERYTHING = "*"
"""The subject of a hold on all jobs."""


def account(name: str) -> str:
    """The subject of a hold on a provider account."""
    return f"account:{name}"


def repository(alias: str) -> str:
    """The subject of a hold on a repository."""
    return f"repository:{alias}"


def person(source: str, actor: Person) -> str:
    """The subject of a hold on whatever a person starts through a source."""
    return f"person:{source}/{actor.id}"


def ticket(of: Ticket) -> str:
    """The subject of a hold on one ticket."""
    return f"ticket:{of.source}/{of.key}"


INTAKE = "intake"
"""The subject of a hold on whatever any source brings: it stays received, and nothing is decided about it."""


def intake(source: str) -> str:
    """The subject of a hold on whatever one source brings."""
    return f"{INTAKE}:{source}"


def of_intake(subject: str) -> bool:
    """Whether a hold on this subject keeps tickets from being looked at."""
    return subject == INTAKE or subject.startswith(f"{INTAKE}:")


def of_lanes(subject: str) -> bool:
    """Whether the queue's own lanes know the subject; what persons and tickets have in them is put off one by one."""
    return subject == EVERYTHING or subject.startswith(("account:", "repository:"))


def named(subject: str) -> str:
    """The subject as people read it: `All jobs`, `Account claude-api`, `Ticket PAY-1 of jira`."""
    if subject == EVERYTHING:
        return "All jobs"
    if subject == INTAKE:
        return "All intake"
    kind, _, name = subject.partition(":")
    if kind in {"person", "ticket"}:
        source, _, whose = name.partition("/")
        name = f"{whose} of {source}"
    return f"{kind.capitalize()} {name}"


def concerning(job: Job) -> list[str]:
    """Every subject a hold on this job may have, the widest first."""
    subjects = [EVERYTHING, repository(job.repository)]
    if job.selection:
        subjects.append(account(job.selection.account))
    if job.actor:
        subjects.append(person(job.ticket.source, job.actor))
    return [*subjects, ticket(job.ticket)]


def of_source(source: str, holds: Collection[Hold]) -> Hold | None:
    """The hold that keeps what a source brings from being looked at, or None."""
    return next((hold for hold in holds if hold.subject in {INTAKE, intake(source)}), None)


def of(job: Job, holds: Collection[Hold]) -> Hold | None:
    """The hold that keeps a job waiting longest, or None."""
    subjects = concerning(job)
    concerned = [hold for hold in holds if hold.subject in subjects]
    return max(concerned, key=lambda hold: (hold.until is None, hold.until), default=None)


class Hold(BaseModel):
    """One hold. What runs already is not touched by it."""

    model_config = ConfigDict(frozen=True)

    subject: str
    """`*`, `account:<name>`, `repository:<alias>`, `person:<source>/<id>`, `ticket:<source>/<key>`, `intake` or
    `intake:<source>`."""
    reason: Reason
    """Why; a subject may be held for several reasons at once, one hold for each code."""
    by: str
    """Who put it: a person, `spending`, or the worker that met a provider's limit."""
    since: datetime = Field(default_factory=now)
    until: datetime | None = None
    """When it ends by itself; None: when somebody ends it."""

    def counts_at(self, moment: datetime) -> bool:
        """Whether it still holds anything."""
        return self.until is None or self.until > moment
