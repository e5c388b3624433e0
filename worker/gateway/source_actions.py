"""What a person may do to sources of tickets. Every act leaves an audit entry in the same transaction."""

from __future__ import annotations

import secrets
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from jobs import errors, provisioning, sources
from jobs.access import Access, StoredAccess, described, seal
from jobs.catalog import SHORTEST_SECRET, Source
from jobs.intake_rules import IntakeRules
from jobs.ledger import audit, configuration
from jobs.ledger.database import Transaction
from jobs.names import Name
from jobs.readiness import Step
from jobs.vault import Vault
from worker.gateway.services import Services


class WantedSource(BaseModel):
    """A source as a person asks for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["github", "jira", "local"]
    name: Name | None = None
    """Where its deliveries arrive, `/webhooks/<name>`; the kind when not given."""
    repositories: tuple[Name, ...] = ()
    """Aliases it may write; empty: all for `github` and `jira`, which is refused for `local`."""
    actors: tuple[str, ...] = ()
    """Logins or account ids that may start jobs; `*` allows everybody who can reach the source."""
    rules: IntakeRules | None = None
    """What it asks of its tickets and shows on them; what holds so far when not given."""
    access: Access | None = None
    """What its tracker is reached with, in place of what was known; never shown again."""
    secret: SecretStr | None = Field(None, min_length=SHORTEST_SECRET)
    """What the sender signs with; made when not given."""


def new_secret() -> SecretStr:
    """A webhook secret nobody can guess: 256 bits in 43 characters."""
    return SecretStr(secrets.token_urlsafe(32))


async def put_source(services: Services, wanted: WantedSource, who: str) -> tuple[Source, SecretStr | None]:
    """Add a source of tickets, or let more people and repositories use the one of that name.

    Returns:
        The source and its secret; None instead of the secret when the source was there already.

    Raises:
        errors.Conflict: there is one of that name and another kind, or it has a secret already.
        errors.BadInput: it names a repository that does not exist, or could write none.
        errors.Refused: the environment or the provisioned file sets it.
    """
    name = wanted.name or wanted.kind
    _check_unlocked(services, name)
    await _check_repositories(services, wanted)
    access = _sealed_access(name, wanted, services.secret_vault)
    return await services.ledger.write(_put, services.vault, name, wanted, access, who)


def _put(
    tx: Transaction, vault: Vault, name: str, wanted: WantedSource, access: StoredAccess | None, who: str
) -> tuple[Source, SecretStr | None]:
    earlier = _find(tx, name)
    if earlier is None:
        secret = wanted.secret or new_secret()
        source = _new(name, wanted, secret)
    else:
        secret, source = None, _widened(sources.unseal(earlier, vault), wanted)
    configuration.put_source(tx, sources.seal(source, vault))
    detail = _described(source)
    if access is not None:
        configuration.put_access(tx, access)
        detail = f"{detail}; access: {described(access)}"
    audit.note(tx, actor=who, action="source.put", subject=name, detail=detail)
    return source, secret


def _sealed_access(name: str, wanted: WantedSource, vault: Vault) -> StoredAccess | None:
    if wanted.access is None:
        return None
    if wanted.access.kind != wanted.kind:
        raise errors.BadInput(f"A {wanted.kind} source is not reached with access to {wanted.access.kind}.")
    return seal(name, wanted.access, vault)


async def rotate_source(services: Services, name: str, who: str, *, keep_previous: bool = True) -> SecretStr:
    """Give a source a new secret and return it; it is not shown again.

    With `keep_previous` the last secret still verifies until the next rotation, so that the sender can follow.

    Raises:
        errors.NotFound: there is none of that name.
        errors.Refused: the environment or the provisioned file sets it.
    """
    _check_unlocked(services, name)
    return await services.ledger.write(_rotate, services.vault, name, who, keep_previous=keep_previous)


def _rotate(tx: Transaction, vault: Vault, name: str, who: str, *, keep_previous: bool) -> SecretStr:
    secret, source = new_secret(), sources.unseal(_get(tx, name), vault)
    valid = (secret, source.secrets[0]) if keep_previous else (secret,)
    rotated = source.model_copy(update={"secrets": valid})
    configuration.put_source(tx, sources.seal(rotated, vault))
    detail = "" if keep_previous else "The previous secret no longer verifies."
    audit.note(tx, actor=who, action="source.rotate", subject=name, detail=detail)
    return secret


async def remove_source(services: Services, name: str, who: str) -> None:
    """Remove a source: its deliveries find nothing from now on.

    Raises:
        errors.NotFound: there is none of that name.
        errors.Refused: the environment or the provisioned file sets it.
    """
    _check_unlocked(services, name)
    await services.ledger.write(_remove, name, who)


def _remove(tx: Transaction, name: str, who: str) -> None:
    _get(tx, name)
    configuration.remove_source(tx, name)
    configuration.remove_access(tx, name)
    audit.note(tx, actor=who, action="source.remove", subject=name)


async def examine_source(services: Services, name: str) -> tuple[Step, ...]:
    """Try what a source's tracker is reached with; asks the tracker and changes nothing there.

    Raises:
        errors.NotFound: there is no access of that name.
        errors.JcaError: the access cannot be opened or used at all.
    """
    stored = {source.name: source for source in await services.ledger.read(configuration.sources)}
    source, _ = provisioned_sources(services).get(name, (stored.get(name), ""))
    repositories = (await services.catalog()).repositories
    return tuple([step async for step in services.connections.examine(name, source, repositories)])


def provisioned_sources(services: Services) -> dict[str, tuple[Source, str]]:
    """The sources that are set outside the ledger, by name, each with the variable that sets it."""
    environment = provisioning.from_environment(services.settings).sources
    file = provisioning.read_file(services.settings.config_file).sources
    places = {source.name: (source, f"JCA_{source.kind.upper()}_WEBHOOK_SECRET") for source in environment}
    return places | {source.name: (source, "JCA_CONFIG_FILE") for source in file}


def _new(name: str, wanted: WantedSource, secret: SecretStr) -> Source:
    if wanted.kind == "local" and not wanted.repositories:
        raise errors.BadInput("A local source must name the repositories it may write.", remedy="Give `--repo ALIAS`.")
    return Source(
        name=name,
        kind=wanted.kind,
        secrets=(secret,),
        repositories=wanted.repositories,
        actors=wanted.actors,
        rules=wanted.rules or IntakeRules(),
    )


def _widened(source: Source, wanted: WantedSource) -> Source:
    if source.kind != wanted.kind:
        remedy = "Choose another name with `--name`."
        raise errors.Conflict(f"There is already a source {source.name}, of kind {source.kind}.", remedy=remedy)
    if wanted.secret is not None:
        remedy = f"Change it with `jca sources rotate {source.name}`."
        raise errors.Conflict(f"Source {source.name} has a secret already.", remedy=remedy)
    writes_all = source.kind != "local" and not source.repositories
    repositories = () if writes_all else (*source.repositories, *wanted.repositories)
    return source.model_copy(
        update={
            "repositories": _distinct(repositories),
            "actors": _distinct((*source.actors, *wanted.actors)),
            "rules": wanted.rules or source.rules,
        }
    )


def _distinct(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _described(source: Source) -> str:
    repositories = ", ".join(source.repositories) or "all"
    return f"{source.kind}; repositories: {repositories}; people: {', '.join(source.actors) or 'none named'}"


def _find(tx: Transaction, name: str) -> sources.StoredSource | None:
    return next((stored for stored in configuration.sources(tx) if stored.name == name), None)


def _get(tx: Transaction, name: str) -> sources.StoredSource:
    stored = _find(tx, name)
    if stored is None:
        raise errors.NotFound(f"There is no source {name}.", remedy="`jca sources list` shows those that exist.")
    return stored


async def _check_repositories(services: Services, wanted: WantedSource) -> None:
    known = {repository.alias for repository in (await services.catalog()).repositories}
    unknown = [alias for alias in wanted.repositories if alias not in known]
    if unknown:
        raise errors.BadInput(f"There is no repository {unknown[0]}.", remedy="Add it first with `jca repos add`.")


def _check_unlocked(services: Services, name: str) -> None:
    if found := provisioned_sources(services).get(name):
        raise errors.Refused(f"Source {name} is set by {found[1]}.", remedy="Change it there and restart the gateway.")
