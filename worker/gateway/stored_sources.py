"""Finding a source: the one in the ledger that may be changed here, or where else it is set."""

from __future__ import annotations

from jobs import errors, provisioning
from jobs.catalog import Source
from jobs.ledger import configuration
from jobs.ledger.database import Transaction
from jobs.sources import StoredSource
from worker.gateway.services import Services


def find(tx: Transaction, name: str) -> StoredSource | None:
    """The source of this name that was added here, or None."""
    return next((stored for stored in configuration.sources(tx) if stored.name == name), None)


def get(tx: Transaction, name: str) -> StoredSource:
    """The source of this name that was added here.

    Raises:
        errors.NotFound: there is none.
    """
    stored = find(tx, name)
    if stored is None:
        raise missing(name)
    return stored


def missing(name: str) -> errors.NotFound:
    """What is said where there is no such source."""
    return errors.NotFound(f"There is no source {name[:80]}.", remedy="`jca sources list` shows those that exist.")


def provisioned_sources(services: Services) -> dict[str, tuple[Source, str]]:
    """The sources that are set outside the ledger, by name, each with the variable that sets it."""
    environment = provisioning.from_environment(services.settings).sources
    file = provisioning.read_file(services.settings.config_file).sources
    places = {source.name: (source, f"JCA_{source.kind.upper()}_WEBHOOK_SECRET") for source in environment}
    return places | {source.name: (source, "JCA_CONFIG_FILE") for source in file}


def check_unlocked(services: Services, name: str) -> None:
    """Let a change pass.

    Raises:
        errors.Refused: the environment or the provisioned file sets the source.
    """
    if found := provisioned_sources(services).get(name):
        raise errors.Refused(f"Source {name} is set by {found[1]}.", remedy="Change it there and restart the gateway.")
