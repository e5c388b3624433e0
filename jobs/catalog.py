"""Configuration as records: repositories, provider profiles, models, sources, workspace defaults. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from jobs.intake_rules import IntakeRules
from jobs.names import ModelId, Name
from jobs.repository import Repository

SHORTEST_SECRET = 16  # characters of a webhook secret; `jca sources add` makes 43


class Model(BaseModel):
    """A model as one provider serves it. Prices are USD per million tokens."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: ModelId
    display_name: str = ""
    aliases: tuple[str, ...] = ()
    enabled: bool = True
    by_label: bool = True
    """Whether a `model:` label may choose it."""
    starred: bool = False
    """The one default of the whole deployment."""
    context_limit: int = Field(128_000, gt=0)
    """Tokens the model can take in."""
    max_output_tokens: int | None = Field(None, gt=0)
    input_price: float | None = Field(None, ge=0)
    output_price: float | None = Field(None, ge=0)
    cache_read_price: float | None = Field(None, ge=0)
    cache_write_price: float | None = Field(None, ge=0)

    def answers_to(self, name: str) -> bool:
        """Whether people mean this model by `name`: identifier exactly, aliases without regard to case."""
        return name == self.id or name.casefold() in {alias.casefold() for alias in self.aliases}


class AuthMode(StrEnum):
    """How requests to a provider are authenticated."""

    NONE = "none"
    """No header at all; for a trusted endpoint on the same machine or network."""
    BEARER = "bearer"
    """`Authorization: Bearer <key>`."""


class ProviderKind(StrEnum):
    """Every kind of provider this version can run."""

    OPENAI_COMPATIBLE = "openai-compatible"


class ProviderProfile(BaseModel):
    """A named way to reach models: what `provider=` in a ticket names."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: ProviderKind
    label: str = ""
    enabled: bool = True
    base_url: str
    """Root that serves `/chat/completions`, such as `http://localhost:11434/v1`."""
    auth_mode: AuthMode = AuthMode.NONE
    api_key: SecretStr | None = Field(None, repr=False)
    models: tuple[Model, ...] = ()
    default_model: ModelId
    request_timeout: float = Field(120, gt=0, le=3600)
    """Seconds one answer may take."""
    max_parallel: int | None = Field(None, gt=0)
    """Jobs that may use it at the same time; None: as many as there are workers."""
    source: str = ""
    """Where the fields come from, for the page: `from JCA_OPENAI_COMPATIBLE_BASE_URL`."""

    @field_validator("base_url")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and not (parts.username or parts.query)
        if not is_plain or parts.fragment:
            msg = f"{value!r} is not an absolute http(s) URL without user or query, such as http://localhost:11434/v1"
            raise ValueError(msg)
        return value.rstrip("/")

    @property
    def account(self) -> str:
        """What lanes, limits and readiness are keyed by."""
        return self.name

    def model(self, name: str) -> Model | None:
        """The model people mean by `name`, or None."""
        exact = [model for model in self.models if model.id == name]
        return next(iter(exact or [model for model in self.models if model.answers_to(name)]), None)


class Source(BaseModel):
    """Something that may send tickets. It exists only with a secret."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    kind: Literal["github", "jira", "local"]
    secrets: tuple[SecretStr, ...] = Field(min_length=1)
    """Any of them verifies, so that one can be rotated in before the other goes."""
    repositories: tuple[str, ...] = ()
    """Aliases this source may write; empty: all for `github`, which is asked about each; none for others."""
    actors: tuple[str, ...] = ()
    """People who may start jobs, by login or account id; `*` allows everybody who can reach the source.

    Where GitHub can be asked, write permission is needed as well, and an empty list is everybody who has it."""
    rules: IntakeRules = IntakeRules()

    @field_validator("secrets")
    @classmethod
    def _not_empty(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if any(len(secret.get_secret_value()) < SHORTEST_SECRET for secret in value):
            msg = f"a webhook secret needs at least {SHORTEST_SECRET} characters"
            raise ValueError(msg)
        return value


class Workspace(BaseModel):
    """Defaults that hold where nothing more specific is said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: Name | None = None
    model: ModelId | None = None
    managed_label: str = "jca"
    require_label: bool = False
    """When true, a `[JCA]` block alone does not make a ticket eligible."""
    max_turns: int = Field(60, gt=0)
    max_tokens: int = Field(2_000_000, gt=0)
    max_usd: float | None = Field(None, gt=0)
    max_seconds: float = Field(3600, gt=0)
    daily_usd: float | None = Field(None, gt=0)
    """What all jobs together may spend per day (UTC); None: no cap."""
    person_daily_usd: float | None = Field(None, gt=0)
    """What the jobs one person starts may spend per day (UTC)."""
    ticket_usd: float | None = Field(None, gt=0)
    """What all runs of one ticket may spend, ever."""


class Catalog(BaseModel):
    """All configuration a decision looks at."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[Repository, ...] = ()
    providers: tuple[ProviderProfile, ...] = ()
    workspace: Workspace = Workspace()

    def repository(self, alias: str) -> Repository | None:
        """The repository with this alias, or None."""
        return next((repo for repo in self.repositories if repo.alias == alias), None)

    def provider(self, name: str) -> ProviderProfile | None:
        """The provider profile with this name, or None."""
        return next((profile for profile in self.providers if profile.name == name), None)
