"""The configuration in force: a provisioned YAML file, the environment and the ledger, in that order of strength."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from jobs import errors, sources
from jobs.catalog import AuthMode, Catalog, Model, ProviderKind, ProviderProfile, Repository, Source, Workspace
from jobs.ledger import configuration, migrate
from jobs.ledger.database import Ledger, Transaction
from jobs.settings import Settings
from jobs.vault import Vault

_Named = TypeVar("_Named", Repository, ProviderProfile, Source)


class Provisioned(BaseModel):
    """What a provisioned file may hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[Repository, ...] = ()
    providers: tuple[ProviderProfile, ...] = ()
    sources: tuple[Source, ...] = ()
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
    """Profiles and sources that `JCA_*` variables describe.

    Raises:
        errors.BadInput: a profile is described in part only.
    """
    return Provisioned(providers=_openai_compatible(settings), sources=_sources(settings))


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


def load_catalog(tx: Transaction, settings: Settings) -> Catalog:
    """Everything a decision looks at; of the same name, the file wins over the environment and that over the ledger."""
    file, environment = read_file(settings.config_file), from_environment(settings)
    return _catalog(settings, file, environment, configuration.repositories(tx))


def load_sources(tx: Transaction, settings: Settings, vault: Vault) -> dict[str, Source]:
    """Every source that may send, by name."""
    file, environment = read_file(settings.config_file), from_environment(settings)
    stored = [sources.unseal(source, vault) for source in configuration.sources(tx)]
    return {source.name: source for source in _merged(file.sources, environment.sources, stored)}


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
    path = migrate.sqlite_path(settings.ledger_url)
    if path is not None and not path.exists():
        file, environment = read_file(settings.config_file), from_environment(settings)
        return _catalog(settings, file, environment, ())
    ledger = Ledger.open(settings.ledger_url)
    try:
        return await ledger.read(load_catalog, settings)
    finally:
        await ledger.close()
