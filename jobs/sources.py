"""Sources of tickets as the ledger keeps them: the secret sealed, the rest readable."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, SecretStr

from jobs.catalog import Source
from jobs.intake_rules import IntakeRules
from jobs.names import Name
from jobs.vault import Vault


class StoredSource(BaseModel):
    """A `Source` whose secrets are sealed with the webhook key."""

    model_config = ConfigDict(frozen=True)

    name: Name
    kind: str
    sealed: tuple[str, ...]
    repositories: tuple[str, ...] = ()
    actors: tuple[str, ...] = ()
    rules: IntakeRules = IntakeRules()


class OwnAccounts(BaseModel):
    """As whom we are known where the tickets of a source live: what these accounts do starts nothing."""

    model_config = ConfigDict(frozen=True)

    name: Name
    """Of the source."""
    ids: tuple[str, ...]
    """Every name a delivery may give it: Jira Cloud's account id, Data Center's name and key, the login of a bot."""


def seal(source: Source, vault: Vault) -> StoredSource:
    """Close a source for the ledger."""
    place = f"source={source.name}"
    return StoredSource(
        name=source.name,
        kind=source.kind,
        sealed=tuple(vault.seal(secret.get_secret_value(), place) for secret in source.secrets),
        repositories=source.repositories,
        actors=source.actors,
        rules=source.rules,
    )


def unseal(stored: StoredSource, vault: Vault) -> Source:
    """Open a source from the ledger.

    Raises:
        errors.NotReady: it was sealed with a key that is not here.
    """
    place = f"source={stored.name}"
    return Source.model_validate(
        {
            **stored.model_dump(exclude={"sealed"}),
            "secrets": tuple(SecretStr(vault.open(text, place)) for text in stored.sealed),
        },
    )
