"""Tracker and code host that are no service: pull request and report are records that the user interface shows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from jobs import errors
from jobs.attachment import Attachment
from jobs.job import Job
from jobs.repository import Repository
from jobs.results import PullRequest, PullRequestState
from jobs.ticket import Person, Ticket
from worker.trackers.protocol import Access, Fetched, History, Opened, Remark
from worker.trackers.push import PushCredential


class RecordTracker:
    """Lets our own records stand for everything, and has nobody to ask about tickets and people."""

    async def fetch(self, ticket: Ticket) -> Fetched | None:
        """Nothing: the delivery's own words are all there is."""
        del ticket
        return None

    async def history(self, ticket: Ticket) -> History | None:
        """Nothing, as for `fetch`."""
        del ticket
        return None

    async def may_write(self, actor: Person, ticket: Ticket, repository: Repository) -> Access | None:
        """Nothing: the source's list of people decides."""
        del actor, ticket, repository
        return None

    async def may_read(self, actor: Person, ticket: Ticket, repository: Repository) -> Access | None:
        """Nothing, as for `may_write`."""
        del actor, ticket, repository
        return None

    def pull_request_page(self, key: str) -> str:
        """None: the record of one has no page on any host."""
        del key
        return ""

    async def attachment(self, ticket: Ticket, attachment: Attachment) -> bytes:
        """Nobody has it.

        Raises:
            errors.NotFound: always.
        """
        message = f"There is nobody to ask for the attachment {attachment.id} of {ticket.key}."
        raise errors.NotFound(message, remedy="Add access to its tracker with `jca sources add`.")

    async def report(self, job: Job, body: str) -> None:
        """The report is kept with every job anyway."""
        del job, body

    async def conclude(self, job: Job) -> tuple[str, ...]:
        """There is nothing to mark."""
        del job
        return ()

    async def changed_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Fetched]:
        """Nothing changes that was not delivered."""
        del moment, label, repositories
        nothing: tuple[Fetched, ...] = ()
        for found in nothing:
            yield found

    async def remarks_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Remark]:
        """Nothing is said that was not delivered."""
        del moment, label, repositories
        nothing: tuple[Remark, ...] = ()
        for remark in nothing:
            yield remark

    async def redeliver(self, since: datetime) -> int:
        """Nobody could send it again."""
        del since
        return 0

    async def open_pull_request(self, job: Job, repository: Repository, draft: PullRequest) -> Opened:
        """Let the record stand for the pull request."""
        del job, repository
        return Opened(draft.model_copy(update={"state": PullRequestState.RECORDED}))

    async def show_verdict(self, job: Job, repository: Repository) -> tuple[str, ...]:
        """The record shows it."""
        del job, repository
        return ()

    async def fetch_credential(self, repository: Repository) -> PushCredential | None:
        """The executor's own git configuration decides."""
        del repository
        return None

    async def push_credential(self, repository: Repository) -> PushCredential | None:
        """The executor's own git configuration decides."""
        del repository
        return None

    async def revoke(self, lent: PushCredential) -> None:
        """Nothing was lent."""
        del lent
