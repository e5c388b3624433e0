"""Sources as the API and the pages show them: everything but their secrets."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs import provisioning, reach
from jobs.access import described
from jobs.catalog import Source
from jobs.intake_rules import IntakeRules
from jobs.ledger import configuration
from jobs.ledger.database import Transaction
from jobs.settings import Settings
from jobs.sources import StoredSource
from worker.gateway.services import Services
from worker.gateway.source_settings import SourceSettings
from worker.gateway.stored_sources import missing, provisioned_sources


class SourceView(BaseModel):
    """A source without its secrets."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    path: str
    """Where its deliveries arrive, below the address of the receiver."""
    address: str
    """The same with the address of the receiver, as far as it is known here."""
    repositories: tuple[str, ...]
    actors: tuple[str, ...]
    rules: IntakeRules
    access: str
    """What its tracker is reached with, without the secret; empty: with nothing, so reports are only kept here."""
    accounts: tuple[str, ...]
    """As whom its tracker knows us: what they do starts nothing. Empty until the access was tried."""
    source: str
    """The variable that sets it and locks it here; empty when it was added here."""

    @property
    def reaches(self) -> str:
        """The repositories it may write, for people."""
        return reach.spelled(self.kind, self.repositories)

    @property
    def settings(self) -> SourceSettings:
        """What a person may set of it."""
        return SourceSettings(repositories=self.repositories, actors=self.actors, rules=self.rules)


async def look(services: Services) -> tuple[SourceView, ...]:
    """Every source, by name."""
    provisioned = provisioned_sources(services)
    return await services.ledger.read(_views, services.settings, provisioned)


async def look_at(services: Services, name: str) -> SourceView:
    """One source.

    Raises:
        errors.NotFound: there is none of that name.
    """
    found = next((view for view in await look(services) if view.name == name), None)
    if found is None:
        raise missing(name)
    return found


def _views(tx: Transaction, settings: Settings, provisioned: dict[str, tuple[Source, str]]) -> tuple[SourceView, ...]:
    access, accounts = provisioning.load_access(tx, settings), provisioning.load_accounts(tx)
    stored: dict[str, tuple[Source | StoredSource, str]] = {each.name: (each, "") for each in configuration.sources(tx)}
    return tuple(
        SourceView(
            **source.model_dump(include={"name", "kind", "repositories", "actors", "rules"}),
            path=f"/webhooks/{name}",
            address=f"{settings.receiver_url}/webhooks/{name}",
            access=described(access[name]) if name in access else "",
            accounts=tuple(sorted(accounts.get(name, ()))),
            source=place,
        )
        for name, (source, place) in sorted((stored | provisioned).items())
    )
