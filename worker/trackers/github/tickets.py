"""Reading tickets: an issue as it is now, and what was said of late."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from jobs.ticket import Person, Ticket
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import ISSUES, REMARKS
from worker.trackers.github.names import RepositoryName

_ISSUE = TypeAdapter(wire.Issue)
_COMMENTS = TypeAdapter(tuple[wire.Comment, ...])


@dataclass(frozen=True)
class Fetched:
    """An issue as GitHub shows it now."""

    ticket: Ticket
    number: int
    closed: bool
    locked: bool
    is_pull_request: bool
    assignees: tuple[Person, ...]
    updated_at: datetime | None


@dataclass(frozen=True)
class Comment:
    """What somebody said. Its text is hostile data."""

    id: int
    number: str
    """Of the issue or pull request it is about."""
    author: Person | None
    """None: the account was deleted."""
    body: str
    url: str
    created_at: datetime
    updated_at: datetime

    @property
    def edited(self) -> bool:
        """Whether it was changed after it was written."""
        return self.updated_at > self.created_at


async def fetch(github: GitHub, source: str, repository: RepositoryName, number: int) -> Fetched:
    """Read one issue as it is now; `source` is the name of the source that brought it.

    Raises:
        errors.NotFound: it was deleted, moved away, or may not be seen.
        errors.JcaError: as `GitHub.get`.
    """
    issue = await github.get(_ISSUE, _ask(repository, number))
    return fetched(source, repository, issue)


def fetched(source: str, repository: RepositoryName, issue: wire.Issue) -> Fetched:
    """Reduce an issue to what every tracker is reduced to. Pure."""
    ticket = Ticket(
        source=source,
        key=f"{repository}#{issue.number}",
        title=issue.title,
        body=issue.body or "",
        flavor="markdown",
        labels=tuple(label.name for label in issue.labels),
        url=issue.html_url,
        repository=str(repository),
        author=issue.user.person() if issue.user else None,
        assignees=tuple(user.person() for user in issue.assignees),
        state=issue.state,
    )
    return Fetched(
        ticket,
        issue.number,
        closed=issue.state == "closed",
        locked=issue.locked,
        is_pull_request=issue.pull_request is not None,
        assignees=tuple(user.person() for user in issue.assignees),
        updated_at=issue.updated_at,
    )


async def comments(github: GitHub, repository: RepositoryName, since: datetime) -> list[Comment]:
    """What was said in the issues and pull requests of a repository, or changed, since a moment; oldest first.

    GitHub is asked the same question all hour long, so that asking again costs nothing while nobody says anything.

    Raises:
        errors.JcaError: as `GitHub.get`.
    """
    params = {"since": stamp(since.replace(minute=0, second=0)), "sort": "created", "direction": "asc"}
    question = Question(repository, REMARKS, "/issues/comments", f"read the comments in {repository}", params)
    listed = [_comment(entry) async for entry in github.pages(_COMMENTS, question)]
    return [comment for comment in listed if comment.updated_at >= since]


def stamp(moment: datetime) -> str:
    """A moment as GitHub's listings take it: to the second, rounded down so that nothing is passed over."""
    return (moment - timedelta(microseconds=moment.microsecond)).isoformat().replace("+00:00", "Z")


def _ask(repository: RepositoryName, number: int) -> Question:
    return Question(repository, ISSUES, f"/issues/{number}", f"read {repository}#{number}")


def _comment(entry: wire.Comment) -> Comment:
    author = wire.doer(entry.user, entry.performed_via_github_app)
    number = entry.issue_url.rpartition("/")[2]
    return Comment(entry.id, number, author, entry.body or "", entry.html_url, entry.created_at, entry.updated_at)
