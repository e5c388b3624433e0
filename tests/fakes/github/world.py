"""What exists on the fake GitHub."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

ROLES = ("none", "read", "triage", "write", "maintain", "admin")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


@dataclass
class Comment:
    id: int
    body: str
    user: str
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    app: str = ""


@dataclass
class Event:
    """An entry of a timeline."""

    kind: str
    actor: str
    label: str = ""
    at: datetime = field(default_factory=now)
    assignee: str = ""
    comment: Comment | None = None
    id: int = field(default_factory=count(1).__next__)


@dataclass
class Issue:
    number: int
    title: str
    body: str
    user: str
    labels: list[str] = field(default_factory=list)
    assignees: list[str] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    state: str = "open"
    locked: bool = False
    created_at: datetime = field(default_factory=now)
    updated_at: datetime = field(default_factory=now)
    edited_at: datetime | None = None
    editor: str = ""
    is_pull: bool = False


@dataclass
class Pull:
    number: int
    title: str
    body: str
    user: str
    head: str
    base: str
    sha: str
    draft: bool = False
    state: str = "open"
    merged_at: datetime | None = None


@dataclass
class Check:
    id: int
    name: str
    sha: str
    external_id: str = ""
    status: str = "queued"
    conclusion: str | None = None
    output: dict[str, str] = field(default_factory=dict)


@dataclass
class Repository:
    id: int
    owner: str
    name: str
    labels: list[str] = field(default_factory=list)
    collaborators: dict[str, str] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    commit_of: Callable[[str], str | None] = field(default=lambda _: "a" * 40)
    """The commit a branch points to, None when there is no such branch."""
    drafts: bool = True
    """Whether its plan has draft pull requests."""
    archived: bool = False
    moved_to: str = ""
    """`owner/name` it has now."""

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"

    def next_number(self) -> int:
        return max([0, *self.issues]) + 1


@dataclass
class Installation:
    id: int
    repositories: set[str]
    permissions: dict[str, str]


@dataclass
class Token:
    """A token and what it may do; None is everything."""

    value: str
    login: str
    repositories: set[str] | None = None
    permissions: dict[str, str] | None = None
    installation: int | None = None
    expires_at: datetime = field(default_factory=lambda: now() + timedelta(hours=1))


@dataclass
class App:
    """The App and what verifies its signatures."""

    id: str
    slug: str
    public_key: object


@dataclass
class World:
    """Everything."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """Kind by login: `User`, `Bot`."""
    installations: list[Installation] = field(default_factory=list)
    tokens: dict[str, Token] = field(default_factory=dict)
    app: App | None = None
    remaining: int = 5000
    """Requests left in the present hour."""
    resets_at: datetime = field(default_factory=lambda: now() + timedelta(hours=1))
    ids: Iterator[int] = field(default_factory=lambda: count(1001))

    def add_repository(self, full_name: str, **fields: object) -> Repository:
        owner, name = full_name.split("/")
        repository = Repository(next(self.ids), owner, name, **fields)  # type: ignore[arg-type]
        self.repositories[full_name.lower()] = repository
        return repository

    def add_token(self, login: str, permissions: dict[str, str] | None = None) -> str:
        """A personal token of somebody."""
        value = f"github_pat_{secrets.token_hex(30)}"
        self.tokens[value] = Token(value, login, permissions=permissions, expires_at=now() + timedelta(days=90))
        return value

    def install(self, *repositories: str, **permissions: str) -> Installation:
        """Install the App on repositories."""
        installation = Installation(next(self.ids), {name.lower() for name in repositories}, permissions)
        self.installations.append(installation)
        return installation

    def mint(self, installation: Installation, repositories: set[str], permissions: dict[str, str]) -> Token:
        """An installation's token, in the long form with a signed part."""
        assert self.app
        value = f"ghs_{self.app.id}_{secrets.token_urlsafe(200)}.{secrets.token_urlsafe(60)}"
        login = f"{self.app.slug}[bot]"
        self.accounts[login] = "Bot"
        self.tokens[value] = Token(value, login, repositories, permissions, installation.id)
        return self.tokens[value]
