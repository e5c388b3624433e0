"""The configuration in force: a provisioned YAML file, the environment and the ledger, in that order of strength."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from jobs import errors, sources
from jobs.access import GITHUB_COM, Access, GitHubAccess, JiraAccess, Known
from jobs.catalog import AuthMode, Catalog, Model, ProviderKind, ProviderProfile, Source, Workspace
from jobs.ledger import configuration, migrate
from jobs.ledger.database import Ledger, Transaction
from jobs.names import Name
from jobs.repository import Repository
from jobs.settings import Settings
from jobs.sources import StoredSource
from jobs.vault import Vault

KnownSource = Source | StoredSource
"""A source as it is found: with its secrets, or with them sealed."""

_Named = TypeVar("_Named", Repository, ProviderProfile, Source)
_Access = TypeVar("_Access", GitHubAccess, JiraAccess)
_Loaded = TypeVar("_Loaded")

_VARIABLES = {
    ("JCA_GITHUB_", "api_url"): "JCA_GITHUB_API_URL",
    ("JCA_JIRA_", "url"): "JCA_JIRA_URL",
    ("JCA_JIRA_", "email"): "JCA_JIRA_EMAIL",
    ("JCA_JIRA_", "token"): "JCA_JIRA_API_TOKEN",
}
"""The variable behind a field of access."""


class Provisioned(BaseModel):
    """What a provisioned file may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[Repository, ...] = ()
    providers: tuple[ProviderProfile, ...] = ()
    sources: tuple[Source, ...] = ()
    access: dict[Name, Access] = {}
    """What the gateway reaches a source's tracker or a code host with, by the name of the source."""
    workspace: Workspace | None = None


def read_file(path: Path | None) -> Provisioned:
    """Read a provisioned file; none given means nothing provisioned.

    Raises:
        errors.BadInput: it cannot be read, is not YAML, or a value in it cannot be used; the message names the place.
    """
    if path is None:
        return Provisioned()
    try:
        content = yaml.safe_load(path.read_text()) or {}
        return Provisioned.model_validate(content)
    except OSError as error:
        raise errors.BadInput(f"JCA_CONFIG_FILE names {path}, which cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise errors.BadInput(f"{path} is not YAML: {' '.join(str(error).split())}.") from error
    except ValidationError as error:
        places = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise errors.BadInput(f"{path}: {'; '.join(places)}.") from None


def from_environment(settings: Settings) -> Provisioned:
    """Profiles, sources and access that `JCA_*` variables describe.

    Raises:
        errors.BadInput: one of them is described in part only.
    """
    return Provisioned(providers=_openai_compatible(settings), sources=_sources(settings), access=_access(settings))


def _openai_compatible(settings: Settings) -> tuple[ProviderProfile, ...]:
    url, model = settings.openai_compatible_base_url, settings.openai_compatible_model
    if not url and not model:
        return ()
    if not url or not model:
        missing = "MODEL" if url else "BASE_URL"
        raise errors.BadInput(f"JCA_OPENAI_COMPATIBLE_{missing} is missing beside the other one.")
    key = settings.openai_compatible_api_key
    mode = settings.openai_compatible_auth_mode or (AuthMode.BEARER if key else AuthMode.NONE)
    try:
        profile = ProviderProfile(
            name="openai-compatible",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url=url,
            auth_mode=mode,
            api_key=key,
            models=(Model(id=model),),
            default_model=model,
            source="from JCA_OPENAI_COMPATIBLE_BASE_URL",
        )
    except ValidationError as error:
        raise errors.BadInput(f"JCA_OPENAI_COMPATIBLE_BASE_URL: {error.errors()[0]['msg']}.") from None
    return (profile,)


def _sources(settings: Settings) -> tuple[Source, ...]:
    given = (
        ("github", settings.github_webhook_secret, {"actors": settings.github_actors}),
        ("jira", settings.jira_webhook_secret, {"actors": settings.jira_actors}),
        ("local", settings.local_webhook_secret, {"repositories": settings.local_repositories}),
    )
    try:
        return tuple(
            Source.model_validate({"name": kind, "kind": kind, "secrets": (secret,), **scope})
            for kind, secret, scope in given
            if secret
        )
    except ValidationError as error:
        raise errors.BadInput(f"JCA_…_WEBHOOK_SECRET: {error.errors()[0]['msg']}.") from None


def _access(settings: Settings) -> dict[str, GitHubAccess | JiraAccess]:
    found: dict[str, GitHubAccess | JiraAccess] = {}
    github: dict[str, object] = {
        "app_id": settings.github_app_id,
        "private_key": settings.github_app_private_key,
        "token": settings.github_token,
    }
    if any(github.values()):
        found["github"] = _described(
            GitHubAccess, "JCA_GITHUB_", api_url=settings.github_api_url or GITHUB_COM, **github
        )
    if settings.jira_url or settings.jira_api_token:
        token = settings.jira_api_token or ""
        found["jira"] = _described(
            JiraAccess, "JCA_JIRA_", url=settings.jira_url, email=settings.jira_email, token=token
        )
    return found


def _described(kind: type[_Access], prefix: str, **fields: object) -> _Access:
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        problem = error.errors()[0]
        field = str(problem["loc"][0]) if problem["loc"] else ""
        name = _VARIABLES.get((prefix, field), f"{prefix}…")
        raise errors.BadInput(f"{name}: {problem['msg'].removeprefix('Value error, ')}.") from None


def load_access(tx: Transaction, settings: Settings) -> dict[str, Known]:
    """What every tracker and code host is reached with, by source; what the ledger has of it is still sealed."""
    stored = {access.name: access for access in configuration.access(tx)}
    return {**stored, **provisioned_access(settings)}


def provisioned_access(settings: Settings) -> dict[str, GitHubAccess | JiraAccess]:
    """What is set outside the ledger."""
    return {**from_environment(settings).access, **read_file(settings.config_file).access}


def load_catalog(tx: Transaction, settings: Settings) -> Catalog:
    """Everything a decision looks at; of the same name, the file wins over the environment and that over the ledger."""
    file, environment = read_file(settings.config_file), from_environment(settings)
    return _catalog(settings, file, environment, configuration.repositories(tx))


def load_sources(tx: Transaction, settings: Settings, vault: Vault) -> dict[str, Source]:
    """Every source that may send, by name."""
    file, environment = read_file(settings.config_file), from_environment(settings)
    stored = [sources.unseal(source, vault) for source in configuration.sources(tx)]
    return {source.name: source for source in _merged(file.sources, environment.sources, stored)}


def load_accounts(tx: Transaction) -> dict[str, frozenset[str]]:
    """As whom trackers know us, by source; a source whose tracker was never examined has none."""
    return {learnt.name: frozenset(learnt.ids) for learnt in configuration.accounts(tx)}


def _catalog(settings: Settings, file: Provisioned, environment: Provisioned, stored: Iterable[Repository]) -> Catalog:
    return Catalog(
        repositories=_merged(file.repositories, stored),
        providers=_merged(file.providers, environment.providers),
        workspace=file.workspace or Workspace(managed_label=settings.managed_label),
    )


def _merged(*layers: Iterable[_Named]) -> tuple[_Named, ...]:
    names: dict[str, _Named] = {}
    for record in (record for layer in layers for record in layer):
        names.setdefault(record.alias if isinstance(record, Repository) else record.name, record)
    return tuple(names[name] for name in sorted(names))


async def catalog_at_rest(settings: Settings) -> Catalog:
    """The configuration as far as it can be read without a gateway: file, environment, and the ledger if there is one.

    Raises:
        errors.BadInput: the file or a variable cannot be used.
    """
    file, environment = read_file(settings.config_file), from_environment(settings)
    return await _at_rest(settings, load_catalog) or _catalog(settings, file, environment, ())


async def sources_at_rest(settings: Settings) -> dict[str, KnownSource]:
    """Every source by name, as far as it can be read without a gateway; what the ledger has of it is still sealed.

    Raises:
        errors.BadInput: the file or a variable cannot be used.
    """
    stored = await _at_rest(settings, lambda tx, _: configuration.sources(tx)) or []
    return {source.name: source for source in stored} | _provisioned_sources(settings)


def _provisioned_sources(settings: Settings) -> dict[str, KnownSource]:
    layers = (*from_environment(settings).sources, *read_file(settings.config_file).sources)
    return {source.name: source for source in layers}


async def access_at_rest(settings: Settings) -> dict[str, Known]:
    """What trackers are reached with, as far as it can be read without a gateway.

    Raises:
        errors.BadInput: the file or a variable cannot be used.
    """
    return await _at_rest(settings, load_access) or {**provisioned_access(settings)}


async def _at_rest(settings: Settings, load: Callable[[Transaction, Settings], _Loaded]) -> _Loaded | None:
    """What the ledger says; None where there is none yet."""
    path = migrate.sqlite_path(settings.ledger_url)
    if path is not None and not path.exists():
        return None
    ledger = Ledger.open(settings.ledger_url)
    try:
        return await ledger.read(load, settings)
    finally:
        await ledger.close()
