"""The two roles outside services play for a job: the tracker of its ticket and the code host of its repository.

One service may play both, as GitHub does. A ticket in Jira has its pull request opened by the code host of the
repository it is routed to. Every call may be repeated and has its effect once.

All of them raise:
    errors.TryAgain: it did not work this time; `until` says when to ask again, where the service named a time.
    errors.NotReady: our credential is not accepted, or not for this; a person has to mend the configuration.
    errors.JcaError: the service does not accept it; repeating changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from jobs.attachment import Attachment
from jobs.job import Job
from jobs.repository import Repository
from jobs.results import PullRequest
from jobs.ticket import Flavor, Person, Ticket
from worker.trackers.push import PushCredential


@dataclass(frozen=True)
class Fetched:
    """A ticket as its tracker shows it now."""

    ticket: Ticket
    """Its `state` and `assignees` included."""
    closed: bool = False
    updated_at: datetime | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Act:
    """Something somebody did to a ticket."""

    by: Person | None
    """None: the account is gone, or the tracker does not tell."""
    at: datetime | None = None


@dataclass(frozen=True)
class History:
    """Who made a ticket what it is now."""

    title: Act
    """Who last wrote it; the author where nobody did since."""
    body: Act
    labels: Mapping[str, Act] = field(default_factory=dict)
    """Who added each label it carries, by its name in lower case; a label that is missing here is nobody's."""


@dataclass(frozen=True)
class Remark:
    """What somebody said below a ticket or a pull request. Its text is hostile data."""

    id: str
    """The tracker's identifier, the same that its deliveries have."""
    ticket_key: str
    author: Person
    text: str
    flavor: Flavor
    url: str
    at: datetime


@dataclass(frozen=True)
class Access:
    """Whether somebody may have a repository written."""

    allowed: bool
    why: str
    """Completes "Because …" in one phrase: "the role of ada in acme/payments is write"."""


class Tracker(Protocol):
    """Where a ticket lives, and who its people are."""

    async def fetch(self, ticket: Ticket) -> Fetched | None:
        """The ticket as it is now; None: there is nothing to ask, and the delivery's own words are all there is.

        Raises:
            errors.NotFound: it was deleted, moved away, or may not be seen.
        """

    async def history(self, ticket: Ticket) -> History | None:
        """Who made the ticket what it is; None as for `fetch`."""

    async def may_write(self, actor: Person, ticket: Ticket, repository: Repository) -> Access | None:
        """Whether somebody may have this repository written for that ticket, asked anew.

        None: this tracker knows nothing of people, and the source's list of actors decides alone.
        """

    async def may_read(self, actor: Person, ticket: Ticket, repository: Repository) -> Access | None:
        """Whether somebody may see this repository, asked anew: no ticket shows its author what they may not read.

        None: as for `may_write`.
        """

    def pull_request_page(self, key: str) -> str:
        """The web address of the pull request that is addressed like a ticket of this key; empty: none can be."""

    async def attachment(self, ticket: Ticket, attachment: Attachment) -> bytes:
        """The content of a file that hangs at a ticket, as it was announced.

        Raises:
            errors.NotFound: it hangs there no more.
            errors.Refused: it is another than was announced, larger, or lies elsewhere.
        """

    async def report(self, job: Job, body: str) -> None:
        """Show `body`, Markdown, as the job's one comment on its ticket: a new one, or in place of what it said."""

    async def conclude(self, job: Job) -> tuple[str, ...]:
        """Bring labels, state, assignee and links of the ticket in line with the job's status.

        Returns what could not be done, as sentences; no job fails for them.
        """

    def changed_since(self, moment: datetime, label: str, repositories: Sequence[Repository]) -> AsyncIterator[Fetched]:
        """Open tickets with the managed label that changed since a moment, the longest unchanged first.

        `repositories` are those the source may write, for trackers whose tickets live in repositories.
        """

    def remarks_since(self, moment: datetime, label: str, repositories: Sequence[Repository]) -> AsyncIterator[Remark]:
        """What people said since a moment, the oldest of a ticket first.

        Left out is what bots and we ourselves said, and what was edited: those are whose words nobody knows for sure.
        `label` and `repositories` as for `changed_since`; where tickets live in repositories, all of these are heard.
        """

    async def redeliver(self, since: datetime) -> int:
        """Have what never arrived since a moment delivered again; returns how many, 0 where the tracker cannot."""


@dataclass(frozen=True)
class Opened:
    """The pull request that is there."""

    pull_request: PullRequest
    """With its URL and its present state."""
    notes: tuple[str, ...] = ()
    """What differs from what was asked for, as sentences."""


class CodeHost(Protocol):
    """Where a repository lives."""

    async def open_pull_request(self, job: Job, repository: Repository, draft: PullRequest) -> Opened:
        """Open the pull request, or find the one that is there. `draft.is_draft` says how a new one is opened."""

    async def show_verdict(self, job: Job, repository: Repository) -> tuple[str, ...]:
        """Show the host's verdict beside the commit, where the credential allows; returns what could not be done."""

    async def fetch_credential(self, repository: Repository) -> PushCredential | None:
        """What one job may only read this repository with; None as for `push_credential`."""

    async def push_credential(self, repository: Repository) -> PushCredential | None:
        """What one job pushes to this repository with, fresh; None: the executor's own git configuration decides."""

    async def revoke(self, lent: PushCredential) -> None:
        """Make a push credential worthless, where it is one job's own."""
