"""What is used of GitHub's payloads. The models require only that: Enterprise Server and older samples lack the rest.

Payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field

from jobs.storable import STORABLE
from jobs.ticket import Person, Ticket
from webhooks.reading import Text, Url

_Login = Annotated[str, Field(min_length=1, max_length=200), STORABLE]
_FullName = Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$", max_length=200), STORABLE]
_Number = Annotated[int, Field(gt=0, lt=10**18)]


class User(BaseModel):
    """An account."""

    login: _Login
    type: str = "User"

    def person(self) -> Person:
        """The account as the records know it. Every App has a login that ends with `[bot]`, whatever its type says."""
        return Person(id=self.login, is_bot=self.type == "Bot" or self.login.endswith("[bot]"))


class Label(BaseModel):
    """A label; one that was just deleted has lost its name."""

    name: Text = ""


class Repository(BaseModel):
    """A repository."""

    full_name: _FullName


class _Written(BaseModel):
    user: User | None = None
    performed_via_github_app: Any = None

    @property
    def by_app(self) -> bool:
        """Whether an App wrote it, be it in a person's name."""
        return bool(self.performed_via_github_app)


class Issue(_Written):
    """An issue, or a pull request as an issue."""

    number: _Number
    title: Text
    html_url: Url
    body: Text | None = None
    state: Annotated[str, Field(max_length=64), STORABLE] = "open"
    labels: tuple[Label, ...] = ()
    assignees: Annotated[tuple[User, ...], Field(max_length=100)] = ()

    def ticket(self, source: str, key: str, repository: str) -> Ticket:
        """The issue as the records know it."""
        return Ticket(
            source=source,
            key=key,
            title=self.title,
            body=self.body or "",
            flavor="markdown",
            labels=tuple(label.name for label in self.labels if label.name),
            url=self.html_url,
            repository=repository,
            author=self.user.person() if self.user else None,
            assignees=tuple(user.person() for user in self.assignees),
            state=self.state,
        )


class Comment(_Written):
    """What somebody wrote below an issue or about a change."""

    id: _Number
    body: Text | None = None
    html_url: Url = ""


class _Side(BaseModel):
    repo: Repository | None = None
    """None when the fork was deleted."""


class PullRequest(BaseModel):
    """A pull request: only where it comes from and goes to."""

    head: _Side | None = None
    base: _Side | None = None

    @property
    def from_fork(self) -> bool:
        """Whether the branch is not in the repository it is to be merged into; a deleted fork was one."""
        if self.head is None or self.base is None or self.base.repo is None:
            return False
        return self.head.repo is None or self.head.repo.full_name.casefold() != self.base.repo.full_name.casefold()


class Event(BaseModel):
    """What every event has, or may have."""

    action: Text = ""
    sender: User | None = None

    @property
    def ticket_key(self) -> str:
        """The issue it tells of, as the records know it; empty when it tells of none."""
        return ""

    def person(self) -> Person | None:
        """Who acted."""
        return self.sender.person() if self.sender else None


class _InRepository(Event):
    sender: User
    repository: Repository


class _AboutIssue(_InRepository):
    issue: Issue

    @property
    def ticket_key(self) -> str:
        return f"{self.repository.full_name}#{self.issue.number}"


class IssueEvent(_AboutIssue):
    """An `issues` event."""

    label: Label | None = None


class CommentEvent(_AboutIssue):
    """An `issue_comment` event."""

    comment: Comment


class PullRequestEvent(Event):
    """A `pull_request` event, or one about reviews of it."""

    pull_request: PullRequest | None = None
    comment: Comment | None = None
    review: _Written | None = None

    @property
    def by_app(self) -> bool:
        """Whether an App wrote what the event tells of."""
        return any(written and written.by_app for written in (self.comment, self.review))
