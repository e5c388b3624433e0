"""Every `JCA_*` variable, typed and read once.

A value comes from the environment, from the file that `NAME_FILE` names, or from a file of that name in a secret
directory (`JCA_SECRETS_DIR`, default `/run/secrets`). An empty value counts as not set.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from jobs import errors
from jobs.catalog import AuthMode
from jobs.names import ModelId

PREFIX = "JCA_"


def _split(separator: str) -> BeforeValidator:
    def split(value: object) -> object:
        return (
            tuple(word.strip() for word in value.split(separator) if word.strip()) if isinstance(value, str) else value
        )

    return BeforeValidator(split)


class Settings(BaseSettings):
    """How this installation runs. Each field is the variable `JCA_<NAME>` in upper case."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True)

    state_dir: Path = Field(default_factory=lambda: Path.home() / ".local" / "state" / "jca")
    """Everything JCA keeps on this machine; one owner, mode 0700."""
    redis_url: str = ""
    """`redis://…`; empty starts the Valkey server that comes with JCA."""
    database_url: str = ""
    """`postgresql://…`; empty uses SQLite in the state directory."""
    config_file: Path | None = None
    """A provisioned YAML file with repositories, providers, sources and defaults."""

    host: str = "127.0.0.1"
    """Address of the user interface and JSON API."""
    port: int = Field(8010, ge=0, le=65535)
    webhook_host: str = "0.0.0.0"  # noqa: S104 - the receiver is meant to be reached
    webhook_port: int = Field(8011, ge=0, le=65535)
    ui_hosts: Annotated[tuple[str, ...], NoDecode, _split(",")] = ()
    """More host names the user interface answers to, separated by commas."""
    gateway_url: str = ""
    """Where executors and the command line find the gateway; empty means this machine."""
    cluster_token: SecretStr | None = None
    """What executors show to the gateway; made in the state directory when not given."""
    webhook_key: SecretStr | None = None
    """Opens webhook secrets, and only those; made in the state directory when not given."""
    webhook_url: str = ""
    """Address of the receiver as senders reach it, such as `https://jca.acme.example`; empty names this machine."""
    secret_key: SecretStr | None = None
    """Opens what the gateway reaches trackers with; made in the state directory when not given."""

    worker_name: str = Field(default_factory=socket.gethostname)
    worker_concurrency: int = Field(1, ge=1, le=64)
    """Jobs one executor runs at the same time."""
    lease_seconds: float = Field(12, gt=0.5)
    """How long a silent executor keeps its job."""
    drain_seconds: float = Field(10, ge=0)
    """How long a stop waits for running jobs before it puts them back."""
    sandbox_runtimes: Annotated[tuple[Path, ...], NoDecode, _split(os.pathsep)] = ()
    """More directories the sandbox may read, separated by colons: runtimes outside `/usr`."""

    retention_days: int = Field(365, ge=0)
    """Days a job is kept after its end, with its log, diff and history; 0 keeps everything."""

    managed_label: str = "jca"
    github_webhook_secret: SecretStr | None = None
    github_actors: Annotated[tuple[str, ...], NoDecode, _split(",")] = ()
    """Logins that may start jobs through the `github` source, separated by commas; `*` allows everybody."""
    github_token: SecretStr | None = None
    """A personal token, where there is no App."""
    github_app_id: str = ""
    github_app_private_key: SecretStr | None = None
    """As PEM; most easily by `JCA_GITHUB_APP_PRIVATE_KEY_FILE`."""
    github_api_url: str = ""
    """`https://HOST/api/v3` of an Enterprise Server; empty is github.com."""
    jira_webhook_secret: SecretStr | None = None
    jira_actors: Annotated[tuple[str, ...], NoDecode, _split(",")] = ()
    """Accounts that may start jobs through the `jira` source, separated by commas; `*` allows everybody."""
    jira_url: str = ""
    """`https://COMPANY.atlassian.net`, or the base URL of a Data Center."""
    jira_email: str = ""
    """Of the account the API token belongs to; empty for a Data Center."""
    jira_api_token: SecretStr | None = None
    """API token in Cloud, personal access token in a Data Center."""
    local_webhook_secret: SecretStr | None = None
    local_repositories: Annotated[tuple[str, ...], NoDecode, _split(",")] = ()
    """Aliases the `local` source may write, separated by commas."""

    openai_compatible_base_url: str = ""
    openai_compatible_model: ModelId | None = None
    openai_compatible_auth_mode: AuthMode | None = None
    openai_compatible_api_key: SecretStr | None = None

    log_level: str = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Order of the places a value is looked for."""
        del dotenv_settings, file_secret_settings
        directory = Path(os.environ.get(f"{PREFIX}SECRETS_DIR") or "/run/secrets")
        mounted = [SecretsSettingsSource(settings_cls, directory)] if directory.is_dir() else []
        return (init_settings, env_settings, _NamedFiles(settings_cls), *mounted)

    @property
    def ledger_url(self) -> str:
        """The database in use."""
        return self.database_url or f"sqlite:///{self.state_dir / 'ledger.db'}"

    @property
    def queue_url(self) -> str:
        """The Redis in use."""
        return self.redis_url or f"unix://{self.state_dir / 'valkey.sock'}"

    @property
    def receiver_url(self) -> str:
        """The address of the webhook receiver, without a slash at its end."""
        host = socket.gethostname() if self.webhook_host in {"0.0.0.0", "::"} else self.webhook_host  # noqa: S104
        return self.webhook_url.rstrip("/") or f"http://{f'[{host}]' if ':' in host else host}:{self.webhook_port}"

    @property
    def local_receiver_url(self) -> str:
        """Where the webhook receiver answers on this machine."""
        return f"http://{_reached(self.webhook_host)}:{self.webhook_port}"

    @property
    def gateway_socket(self) -> Path:
        """Where the cluster API listens on this machine."""
        return self.state_dir / "gateway.sock"

    @property
    def api_url(self) -> str:
        """Where the JSON API answers on this machine."""
        return self.gateway_url or f"http://{_reached(self.host)}:{self.port}"


def _reached(host: str) -> str:
    """How what listens on an address is reached on this machine, as part of a URL."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - reached, not bound
    return f"[{host}]" if ":" in host else host


class _NamedFiles(PydanticBaseSettingsSource):
    """`JCA_X_FILE=/path`: the value of `JCA_X` is the content of that file, without its last line break."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        del field
        path = os.environ.get(f"{PREFIX}{field_name.upper()}_FILE", "")
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text().rstrip("\n") or None, field_name, False
        except OSError as error:
            variable = f"{PREFIX}{field_name.upper()}_FILE"
            raise errors.BadInput(f"{variable} names {path}, which cannot be read: {error.strerror}.") from error

    def __call__(self) -> dict[str, Any]:
        fields = self.settings_cls.model_fields
        found = {name: self.get_field_value(field, name)[0] for name, field in fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def load() -> Settings:
    """Read the settings.

    Raises:
        errors.BadInput: a variable has a value that cannot be used; the message names it.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = (f"{PREFIX}{'_'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        raise errors.BadInput("; ".join(problems) + ".") from None
