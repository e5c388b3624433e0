"""How the gateway reaches the service behind a source: address, identity and secret. The receiver opens none of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    SecretStr,
    StringConstraints,
    Tag,
    TypeAdapter,
    model_validator,
)

from jobs.names import Name
from jobs.vault import Vault

GITHUB_COM = "https://api.github.com"

TrackerKind = Literal["github", "jira"]
"""The services that can be reached."""


def _address(value: str) -> str:
    """An http(s) address without user, query or fragment; what is allowed beyond that is the client's to say."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        msg = f"{value!r} is not an address such as {GITHUB_COM}"
        raise ValueError(msg)
    return value.rstrip("/")


_Address = Annotated[str, AfterValidator(_address)]
_Word = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f]{0,254}$")]
_Secret = Annotated[SecretStr, Field(min_length=1, max_length=16_384)]


class GitHubAccess(BaseModel):
    """GitHub by an App or by a personal token."""

    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)

    api_url: _Address = GITHUB_COM
    """Of Enterprise Server: `https://HOST/api/v3`."""
    app_id: _Word = ""
    """Number or client id of the App."""
    private_key: _Secret | None = None
    """Of the App, as PEM."""
    token: _Secret | None = None

    @model_validator(mode="after")
    def _one_identity(self) -> GitHubAccess:
        if self.token is not None and (self.app_id or self.private_key):
            msg = "give a token or an App, not both"
            raise ValueError(msg)
        if self.token is None and not (self.app_id and self.private_key):
            missing = "the App's private key" if self.app_id else "the App's id" if self.private_key else "a token"
            msg = f"{missing} is missing: a personal token, or an App's id with its private key, is needed"
            raise ValueError(msg)
        return self

    @property
    def kind(self) -> TrackerKind:
        """The service."""
        return "github"

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.api_url

    @property
    def account(self) -> str:
        """What the secret belongs to; empty for a token, which says so itself."""
        return self.app_id

    @property
    def secret(self) -> SecretStr:
        """What proves it."""
        return self.token or self.private_key or SecretStr("")


class JiraAccess(BaseModel):
    """Jira Cloud by the API token of an account, or Data Center by a personal access token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: _Address
    """`https://COMPANY.atlassian.net`, or the base URL of a Data Center."""
    email: _Word = ""
    """Of the account in Cloud; empty means Data Center."""
    token: _Secret

    @property
    def kind(self) -> TrackerKind:
        """The service."""
        return "jira"

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.url

    @property
    def account(self) -> str:
        """What the secret belongs to; empty in Data Center, where it says so itself."""
        return self.email

    @property
    def secret(self) -> SecretStr:
        """What proves it."""
        return self.token


def _kind(value: Any) -> TrackerKind:  # noqa: ANN401 - whatever a file or a request holds
    if isinstance(value, dict):
        return "jira" if "url" in value or "email" in value else "github"
    return "jira" if isinstance(value, JiraAccess) else "github"


Access = Annotated[
    Annotated[GitHubAccess, Tag("github")] | Annotated[JiraAccess, Tag("jira")],
    Discriminator(_kind),
]
"""Told apart by their fields: only Jira's has a `url`."""

ACCESS: TypeAdapter[GitHubAccess | JiraAccess] = TypeAdapter(Access)


class StoredAccess(BaseModel):
    """Access as the ledger keeps it: the secret sealed, the rest readable."""

    model_config = ConfigDict(frozen=True)

    name: Name
    """Of the source."""
    kind: TrackerKind
    address: str
    account: str = ""
    sealed: str
    """Bound to all of the above, so that nobody who can write the ledger sends the secret elsewhere."""

    def opened(self, vault: Vault) -> GitHubAccess | JiraAccess:
        """The access with its secret.

        Raises:
            errors.NotReady: it was sealed with a key that is not here, or was changed in the ledger.
        """
        secret = SecretStr(vault.open(self.sealed, _place(self.name, self)))
        if self.kind == "jira":
            return JiraAccess(url=self.address, email=self.account, token=secret)
        if self.account:
            return GitHubAccess(api_url=self.address, app_id=self.account, private_key=secret)
        return GitHubAccess(api_url=self.address, token=secret)


Known = GitHubAccess | JiraAccess | StoredAccess
"""Access as it is found: with its secret, or with the secret sealed."""


def seal(name: str, access: GitHubAccess | JiraAccess, vault: Vault) -> StoredAccess:
    """Close the access of a source for the ledger."""
    sealed = vault.seal(access.secret.get_secret_value(), _place(name, access))
    return StoredAccess(name=name, kind=access.kind, address=access.address, account=access.account, sealed=sealed)


def described(access: Known) -> str:
    """The kind of access in a few words, without its secret: `App 12345 at https://api.github.com`."""
    if access.kind == "github":
        return f"{f'App {access.account}' if access.account else 'personal token'} at {access.address}"
    return f"{access.account or 'Data Center token'} at {access.address}"


def _place(name: str, access: Known) -> str:
    return f"access={name} {access.kind} {access.address} {access.account}"
