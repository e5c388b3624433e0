"""GitHub as the tracker of a ticket: the issue, its people, our comment on it, its labels."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime

from jobs import errors
from jobs.attachment import Attachment
from jobs.catalog import Source
from jobs.job import Job
from jobs.repository import Repository
from jobs.ticket import Person, Ticket
from worker.trackers import marks
from worker.trackers.github import access, comments, history, labels, searching, tickets
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.code_host import named
from worker.trackers.github.hosting import lives_on
from worker.trackers.github.names import RepositoryName
from worker.trackers.protocol import Access, Act, Fetched, History, Remark


class GitHubTracker:
    """Reads and writes the issues of one source.

    Args:
        github: with the identity it acts as.
        source: whose rules say what is shown on its tickets and who may start jobs.
    """

    def __init__(self, github: GitHub, source: Source) -> None:
        self._github = github
        self._source = source

    async def fetch(self, ticket: Ticket) -> Fetched:
        """The issue as it is now.

        Raises:
            errors.NotFound: it was deleted, moved away, or may not be seen.
            errors.JcaError: as `tickets.fetch`.
        """
        repository, number = issue_of(ticket.key)
        return _fetched(await tickets.fetch(self._github, ticket.source, repository, number))

    async def history(self, ticket: Ticket) -> History:
        """Who made the issue what it is: by its timeline, and for the body by GraphQL, which alone tells.

        Raises:
            errors.JcaError: as `history.acts` and `history.last_edit`.
        """
        repository, number = issue_of(ticket.key)
        acts = await history.acts(self._github, repository, number)
        edit = await history.last_edit(self._github, repository, number)
        renamed = next((Act(act.by, act.at) for act in reversed(acts) if act.kind == "renamed"), None)
        added = {act.label.casefold(): Act(act.by, act.at) for act in acts if act.kind == "labeled"}
        body = Act(edit.by, edit.at) if edit else Act(ticket.author)
        return History(title=renamed or Act(ticket.author), body=body, labels=added)

    async def may_write(self, actor: Person, ticket: Ticket, repository: Repository) -> Access:
        """Whether somebody has write permission, and is on the source's list where it has one.

        Raises:
            errors.TryAgain: GitHub does not tell at present.
            errors.NotReady: our credential may not ask.
        """
        del ticket
        people = {name.casefold() for name in self._source.actors}
        if people and "*" not in people and actor.id.casefold() not in people:
            return Access(allowed=False, why=f"{actor.id} is not on the list of {self._source.name}")
        return await self._permitted(actor, repository, lambda told: told.may_write)

    async def may_read(self, actor: Person, ticket: Ticket, repository: Repository) -> Access:
        """Whether somebody has any permission; in a public repository everybody has.

        Raises:
            errors.JcaError: as for `may_write`.
        """
        del ticket
        return await self._permitted(actor, repository, lambda told: told.may_read)

    def pull_request_page(self, key: str) -> str:
        """The web address of a pull request: issues and pull requests of a repository are counted together."""
        try:
            repository, number = issue_of(key)
        except errors.BadInput:
            return ""
        return f"{self._github.endpoint.web}{repository}/pull/{number}"

    async def attachment(self, ticket: Ticket, attachment: Attachment) -> bytes:
        """Nothing: files of an issue are links in its text, and GitHub has no interface that tells of them.

        Raises:
            errors.NotFound: always.
        """
        raise errors.NotFound(f"GitHub tells of no attachment {attachment.id} of {ticket.key}.")

    async def report(self, job: Job, body: str) -> None:
        """Show the report in the job's comment on its issue.

        Raises:
            errors.BadInput: the ticket is no issue on GitHub.
            errors.JcaError: as `comments.post`.
        """
        repository, number = issue_of(job.ticket.key)
        await comments.post(self._github, comments.Place(repository, number, job.id, since=job.created_at), body)

    async def conclude(self, job: Job) -> tuple[str, ...]:
        """Bring the issue's labels and assignees in line with the job.

        Raises:
            errors.JcaError: as `labels.relabel` and `labels.assign`.
        """
        repository, number = issue_of(job.ticket.key)
        rules, point = self._source.rules, marks.point(job)
        warnings: tuple[str, ...] = ()
        if rules.labels.all():
            there = (await self.fetch(job.ticket)).ticket.labels
            change = marks.change(rules.labels, point, there)
            warnings += await labels.relabel(self._github, repository, number, add=change.add, remove=change.remove)
        if rules.assign and point == "review":
            warnings += await labels.assign(self._github, repository, number, [rules.assign])
        return warnings

    async def changed_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Fetched]:
        """Open issues with the managed label that changed since a moment.

        Raises:
            errors.JcaError: as `searching.changed_issues`.
        """
        for repository in repositories:
            listed = searching.changed_issues(self._github, self._source.name, named(repository), label, moment)
            for found in await listed:
                yield _fetched(found)

    async def remarks_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Remark]:
        """What people said in the issues and pull requests of these repositories.

        Raises:
            errors.JcaError: as `tickets.comments`.
        """
        del label
        for repository in repositories:
            name = named(repository)
            for said in await tickets.comments(self._github, name, moment):
                ours = said.body.lstrip().startswith(comments.OURS)
                if said.author and not (said.author.is_bot or said.edited or ours) and said.created_at >= moment:
                    key = f"{name}#{said.number}"
                    yield Remark(str(said.id), key, said.author, said.body, "markdown", said.url, said.created_at)

    async def redeliver(self, since: datetime) -> int:
        """Have GitHub send again what its App's webhook never took; a personal token cannot order that.

        Raises:
            errors.JcaError: as `searching.failed_deliveries`.
        """
        app = self._github.credential
        if not isinstance(app, AppCredential):
            return 0
        failed = await searching.failed_deliveries(self._github.transport, app, since)
        for delivery in failed:
            await searching.redeliver(self._github.transport, app, delivery)
        return len(failed)

    async def _permitted(
        self, actor: Person, repository: Repository, enough: Callable[[access.Access], bool]
    ) -> Access:
        if not repository.full_name and not lives_on(repository, self._github.endpoint):
            why = f"the address of {repository.alias} leads elsewhere, and it has no full_name to ask GitHub for"
            return Access(allowed=False, why=why)
        try:
            told = await access.permission(self._github, named(repository), actor.id)
        except (errors.BadInput, errors.Refused) as error:
            return Access(allowed=False, why=f"GitHub does not tell: {error.message}")
        return Access(enough(told), f"the role of {actor.id} in {named(repository)} is {told.role}")


def _fetched(found: tickets.Fetched) -> Fetched:
    return Fetched(found.ticket, closed=found.closed, updated_at=found.updated_at)


def issue_of(key: str) -> tuple[RepositoryName, int]:
    """Read a ticket's key, `acme/payments#7`.

    Raises:
        errors.BadInput: it is none of an issue on GitHub.
    """
    name, _, number = key.partition("#")
    if not (number.isascii() and number.isdigit() and len(number) < 19):  # noqa: PLR2004 - what fits 63 bits
        raise errors.BadInput(f"{key[:200]!r} is no issue on GitHub; it is written owner/name#number.")
    return RepositoryName.parse(name), int(number)
