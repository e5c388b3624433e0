"""Spend caps: what was spent, what may be, and the holds that follow from it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict

from jobs import holds
from jobs.catalog import Catalog, Workspace
from jobs.holds import Hold
from jobs.reasons import Code, because
from jobs.repository import Repository

BY = "spending"
"""Who puts these holds."""


class Spent(BaseModel):
    """USD spent; by alias and by subject, since midnight UTC, but for tickets, which count for ever."""

    model_config = ConfigDict(frozen=True)

    everything: float = 0
    repositories: Mapping[str, float] = {}
    persons: Mapping[str, float] = {}
    tickets: Mapping[str, float] = {}


def midnight(moment: datetime) -> datetime:
    """When the day of this moment (UTC) began."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def caps_reached(spent: Spent, catalog: Catalog, moment: datetime) -> list[Hold]:
    """A hold for each cap that is reached; those of a day end at the next midnight."""
    return [*_daily(spent, catalog, moment), *_tickets(spent, catalog.workspace, moment)]


def smallest_cap(repository: Repository, workspace: Workspace) -> float | None:
    """The smallest cap that concerns a run of this repository: no single run may spend more. None without caps."""
    caps = (repository.daily_usd, workspace.daily_usd, workspace.person_daily_usd, workspace.ticket_usd)
    return min((cap for cap in caps if cap is not None), default=None)


def _daily(spent: Spent, catalog: Catalog, moment: datetime) -> Iterator[Hold]:
    workspace, until = catalog.workspace, midnight(moment) + timedelta(days=1)

    def hold(subject: str, code: Code, whose: str, usd: float, cap: float) -> Hold:
        sentence = f"{whose} {usd:.2f} USD today, which reaches the cap of {cap:.2f} USD a day."
        return Hold(subject=subject, reason=because(code, sentence), by=BY, since=moment, until=until)

    if workspace.daily_usd and spent.everything >= workspace.daily_usd:
        whose = "All jobs together spent"
        yield hold(holds.EVERYTHING, Code.SPEND_WORKSPACE, whose, spent.everything, workspace.daily_usd)
    for repository in catalog.repositories:
        usd = spent.repositories.get(repository.alias, 0)
        if repository.daily_usd and usd >= repository.daily_usd:
            subject, whose = holds.repository(repository.alias), f"Jobs of {repository.alias} spent"
            yield hold(subject, Code.SPEND_REPOSITORY, whose, usd, repository.daily_usd)
    for subject, usd in spent.persons.items():
        if workspace.person_daily_usd and usd >= workspace.person_daily_usd:
            whose = f"Jobs of {subject.partition('/')[2]} spent"
            yield hold(subject, Code.SPEND_PERSON, whose, usd, workspace.person_daily_usd)


def _tickets(spent: Spent, workspace: Workspace, moment: datetime) -> Iterator[Hold]:
    for subject, usd in spent.tickets.items():
        if workspace.ticket_usd and usd >= workspace.ticket_usd:
            cap = f"the cap of {workspace.ticket_usd:.2f} USD a ticket"
            sentence = f"The runs of this ticket spent {usd:.2f} USD, which reaches {cap}."
            yield Hold(subject=subject, reason=because(Code.SPEND_TICKET, sentence), by=BY, since=moment)
