"""What a person may do to sources of tickets. Every act leaves an audit entry in the same transaction."""

from __future__ import annotations

import secrets
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, computed_field

from jobs import errors, reach, sources
from jobs.access import Access, StoredAccess, described, seal
from jobs.catalog import SHORTEST_SECRET, Catalog, Source
from jobs.intake_rules import IntakeRules
from jobs.job import ENDED, Status
from jobs.ledger import audit, configuration, records
from jobs.ledger.database import Transaction
from jobs.names import Name
from jobs.vault import Vault
from worker.gateway import words
from worker.gateway.services import Services
from worker.gateway.source_settings import SourceSettings, check
from worker.gateway.stored_sources import check_unlocked, find, get

UNREAD = (Status.RECEIVED, Status.TRIAGING)


class WantedSource(BaseModel):
    """A source as a person asks for it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["github", "jira", "local"]
    name: Name | None = None
    """Where its deliveries arrive, `/webhooks/<name>`; the kind when not given."""
    repositories: tuple[Name, ...] = ()
    """Aliases it may write; empty: all for `github`, none for `jira`, refused for `local`."""
    actors: tuple[str, ...] = ()
    """Logins or account ids that may start jobs; `*` allows everybody who can reach the source."""
    rules: IntakeRules | None = None
    """What it asks of its tickets and shows on them; what holds so far when not given."""
    access: Access | None = None
    """What its tracker is reached with, in place of what was known; never shown again."""
    secret: SecretStr | None = Field(None, min_length=SHORTEST_SECRET)
    """What the sender signs with; made when not given."""


class Stakes(BaseModel):
    """The jobs that removing a source concerns."""

    model_config = ConfigDict(frozen=True)

    unread: int
    """Nothing is decided of them yet; they are denied."""
    decided: int
    """They wait, run or are published, and go on without a report on their ticket."""

    @computed_field  # type: ignore[prop-decorator]  # https://docs.pydantic.dev/latest/api/fields/#pydantic.fields.computed_field
    @property
    def consequences(self) -> tuple[str, ...]:
        """The same for people, one sentence each; none where no job is unfinished."""
        said = []
        if self.unread:
            them = words.plural(self.unread, "job")
            said.append(f"{them} nobody has decided about yet: denied; with the source back, a retry takes them up.")
        if self.decided:
            them = words.plural(self.decided, "job")
            said.append(f"{them} that wait or run: they go on to their pull requests, but their tickets get no report.")
        return tuple(said)


def new_secret() -> SecretStr:
    """A webhook secret nobody can guess: 256 bits in 43 characters."""
    return SecretStr(secrets.token_urlsafe(32))


async def put_source(
    services: Services, wanted: WantedSource, who: str, *, is_new: bool = False
) -> tuple[Source, SecretStr | None]:
    """Add a source of tickets, or let more people and repositories use the one of that name.

    Args:
        services: the gateway's parts.
        wanted: the source.
        who: does it.
        is_new: whether one of that name may not be there already.

    Returns:
        The source and its secret; None instead of the secret when the source was there already.

    Raises:
        errors.Conflict: there is one of that name and another kind, or it has a secret already.
        Unusable: it names a repository that does not exist or could write none, or its rules do not fit its kind.
        errors.BadInput: the access is of another kind.
        errors.Refused: the environment or the provisioned file sets it.
    """
    name = wanted.name or wanted.kind
    check_unlocked(services, name)
    access = _sealed_access(name, wanted, services.secret_vault)
    asked = (services.vault, name, wanted, access, await services.catalog(), who)
    return await services.ledger.write(_put, *asked, is_new=is_new)


def _put(
    tx: Transaction,
    vault: Vault,
    name: str,
    wanted: WantedSource,
    access: StoredAccess | None,
    catalog: Catalog,
    who: str,
    *,
    is_new: bool,
) -> tuple[Source, SecretStr | None]:
    earlier = find(tx, name)
    if earlier is None:
        secret = wanted.secret or new_secret()
        source = _new(name, wanted, secret)
    else:
        secret, source = None, _widened(sources.unseal(earlier, vault), wanted, is_new=is_new)
    check(SourceSettings.of(source), source.kind, catalog)
    configuration.put_source(tx, sources.seal(source, vault))
    detail = _described(source)
    if access is not None:
        configuration.put_access(tx, access)
        configuration.remove_accounts(tx, name)  # whom it belongs to is learnt anew
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
    check_unlocked(services, name)
    return await services.ledger.write(_rotate, services.vault, name, who, keep_previous=keep_previous)


def _rotate(tx: Transaction, vault: Vault, name: str, who: str, *, keep_previous: bool) -> SecretStr:
    secret, source = new_secret(), sources.unseal(get(tx, name), vault)
    valid = (secret, source.secrets[0]) if keep_previous else (secret,)
    rotated = source.model_copy(update={"secrets": valid})
    configuration.put_source(tx, sources.seal(rotated, vault))
    detail = "" if keep_previous else "The previous secret no longer verifies."
    audit.note(tx, actor=who, action="source.rotate", subject=name, detail=detail)
    return secret


async def remove_source(services: Services, name: str, who: str) -> Stakes:
    """Remove a source: its deliveries find nothing from now on.

    Returns:
        What becomes of its unfinished jobs.

    Raises:
        errors.NotFound: there is none of that name.
        errors.Refused: the environment or the provisioned file sets it.
    """
    check_unlocked(services, name)
    return await services.ledger.write(_remove, name, who)


def _remove(tx: Transaction, name: str, who: str) -> Stakes:
    get(tx, name)
    configuration.remove_source(tx, name)
    configuration.remove_access(tx, name)
    configuration.remove_accounts(tx, name)
    audit.note(tx, actor=who, action="source.remove", subject=name)
    return stakes(tx, name)


def stakes(tx: Transaction, name: str) -> Stakes:
    """What becomes of the unfinished jobs of a source when it is removed."""
    unfinished = records.with_status(tx, tuple(set(Status) - set(ENDED)), source=name)
    unread = sum(job.status in UNREAD for job in unfinished)
    return Stakes(unread=unread, decided=len(unfinished) - unread)


def _new(name: str, wanted: WantedSource, secret: SecretStr) -> Source:
    return Source(
        name=name,
        kind=wanted.kind,
        secrets=(secret,),
        repositories=wanted.repositories,
        actors=wanted.actors,
        rules=wanted.rules or IntakeRules(),
    )


def _widened(source: Source, wanted: WantedSource, *, is_new: bool) -> Source:
    if is_new:
        raise errors.Conflict(f"There is already a source {source.name}.", remedy="Choose another name.")
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
    repositories = reach.spelled(source.kind, source.repositories)
    return f"{source.kind}; repositories: {repositories}; people: {', '.join(source.actors) or 'none named'}"
