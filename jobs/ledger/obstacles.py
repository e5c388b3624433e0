"""Which queued jobs are kept from being started, as conditions on their rows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, and_, false, literal, or_, true

from jobs import holds
from jobs.job import Status
from jobs.ledger import schema


class Obstacles(BaseModel):
    """What keeps jobs from being started at one moment."""

    model_config = ConfigDict(frozen=True)

    subjects: tuple[str, ...] = ()
    """Of the holds that count, as `jobs.holds` makes them."""
    offers: tuple[tuple[str, str], ...] = ()
    """Accounts and models that no worker is ready for."""


def met(obstacles: Obstacles) -> ColumnElement[bool]:
    """Whether any of them stands before a job."""
    table = schema.jobs.c
    unoffered = [and_(table.provider == account, table.model == model) for account, model in obstacles.offers]
    return or_(false(), *map(concerns, obstacles.subjects), *unoffered)


def concerns(subject: str) -> ColumnElement[bool]:
    """Whether a hold on this subject concerns a job; the same as `jobs.holds.concerning` says of its record."""
    table = schema.jobs.c
    if subject == holds.EVERYTHING:
        return true()
    if holds.of_intake(subject):
        return _received_from(subject)
    columns = {
        "account": literal("account:") + table.provider,
        "repository": literal("repository:") + table.repository,
        "person": table.person,
        "ticket": literal("ticket:") + table.source + "/" + table.ticket_key,
    }
    return columns[subject.partition(":")[0]] == subject


def _received_from(subject: str) -> ColumnElement[bool]:
    table, received = schema.jobs.c, schema.jobs.c.status == Status.RECEIVED.value
    return received if subject == holds.INTAKE else and_(received, literal("intake:") + table.source == subject)
