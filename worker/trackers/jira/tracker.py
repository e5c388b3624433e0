"""Jira as the tracker of a ticket: the issue, its people, our comment on it, labels, status and links."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

from jobs import errors
from jobs.attachment import Attachment
from jobs.catalog import Source
from jobs.job import Job
from jobs.repository import Repository
from jobs.results import PullRequestState
from jobs.ticket import Person, Ticket
from worker.trackers import marks
from worker.trackers.jira import attachments, comments, editing, issues, people, search, workflow
from worker.trackers.jira.client import Jira
from worker.trackers.jira.jql import Query
from worker.trackers.jira.site import project_of
from worker.trackers.protocol import Access, Act, Fetched, History, Remark


class JiraTracker:
    """Reads and writes the issues of one source.

    Args:
        jira: with our account in it.
        source: whose rules say who may start jobs and what is shown on its tickets.
    """

    def __init__(self, jira: Jira, source: Source) -> None:
        self._jira = jira
        self._source = source

    async def fetch(self, ticket: Ticket) -> Fetched:
        """The issue as it is now.

        Raises:
            errors.NotFound: it was deleted, or our account may not see it.
            errors.JcaError: as `issues.fetch`.
        """
        return _fetched(await issues.fetch(self._jira, ticket.source, ticket.key))

    async def history(self, ticket: Ticket) -> History:
        """Who made the issue what it is, by its changelog.

        Raises:
            errors.JcaError: as `issues.fetch`.
        """
        facts = (await issues.fetch(self._jira, ticket.source, ticket.key)).facts
        text = Act(facts.edited_by, facts.edited_at)
        labels = {name: Act(by, facts.labelled_at.get(name)) for name, by in facts.labelled_by.items()}
        return History(title=text, body=text, labels=labels)

    async def may_write(self, actor: Person, ticket: Ticket, repository: Repository) -> Access:
        """Whether somebody is on the source's list, by account, group or role in the ticket's project.

        Which repositories that is good for, the source says itself.

        Raises:
            errors.TryAgain: Jira does not tell at present.
            errors.NotReady: our account may not ask for groups or roles.
        """
        del repository
        if "*" in self._source.actors:
            return Access(allowed=True, why="everybody is listed")
        rules = self._source.rules
        listed = people.Allowed(frozenset(self._source.actors), frozenset(rules.groups), frozenset(rules.roles))
        try:
            verdict = await people.judge(self._jira, project_of(ticket.key), actor, listed)
        except (errors.BadInput, errors.Refused) as error:
            return Access(allowed=False, why=f"Jira does not tell: {error.message}")
        if isinstance(verdict, people.Admitted):
            return Access(allowed=True, why=verdict.because)
        return Access(allowed=False, why=verdict.reason)

    async def may_read(self, actor: Person, ticket: Ticket, repository: Repository) -> Access:
        """The same as `may_write`: Jira knows nothing of who may see a repository.

        Raises:
            errors.JcaError: as for `may_write`.
        """
        return await self.may_write(actor, ticket, repository)

    def pull_request_page(self, key: str) -> str:
        """None: Jira has no pull requests."""
        del key
        return ""

    async def attachment(self, ticket: Ticket, attachment: Attachment) -> bytes:
        """The content of a file that hangs at the issue.

        Raises:
            errors.NotFound: it hangs there no more.
            errors.Refused: it is another than was announced, larger, or lies elsewhere.
            errors.JcaError: as `Jira.ask`.
        """
        return await attachments.content(self._jira, ticket.key, attachment)

    async def report(self, job: Job, body: str) -> None:
        """Show the report in the job's comment on its issue.

        Raises:
            errors.JcaError: as `comments.post`.
        """
        await comments.post(self._jira, job.ticket.key, job.id, body)

    async def conclude(self, job: Job) -> tuple[str, ...]:
        """Bring labels, status, assignee and the link to the pull request in line with the job.

        Raises:
            errors.TryAgain: it did not work this time.
            errors.JcaError: as `Jira.ask`, where it is about the issue as a whole.
        """
        rules, key, point = self._source.rules, job.ticket.key, marks.point(job)
        warnings: tuple[str, ...] = ()
        if rules.labels.all():
            change = marks.change(rules.labels, point, (await self.fetch(job.ticket)).ticket.labels)
            await editing.change_labels(self._jira, key, change.add, change.remove)
        if status := marks.named(rules.states, point):
            moved = await workflow.move(self._jira, key, status)
            warnings += (moved.warning,) if isinstance(moved, workflow.NotMoved) else ()
        if job.pull_request and job.pull_request.url:
            done = job.pull_request.state in {PullRequestState.MERGED, PullRequestState.CLOSED}
            link = editing.Link(job.pull_request.url, job.pull_request.title, resolved=done)
            await editing.link_pull_request(self._jira, key, link)
        if rules.assign and point == "review":
            warnings += await self._assigned(key, rules.assign)
        return warnings

    async def changed_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Fetched]:
        """Issues with the managed label that are not done and changed since a moment.

        Raises:
            errors.JcaError: as `search.search` and `issues.fetch`.
        """
        del repositories
        rules = self._source.rules
        query = Query(projects=rules.projects, labels=(label,), statuses=rules.ready_states, within=_ago(moment))
        async for hit in search.search(self._jira, query):
            yield _fetched(await issues.fetch(self._jira, self._source.name, hit.key))

    async def remarks_since(
        self, moment: datetime, label: str, repositories: Sequence[Repository]
    ) -> AsyncIterator[Remark]:
        """What people said below the issues with the managed label, whatever state these are in.

        Raises:
            errors.JcaError: as `people.myself`, `search.search` and `comments.said_since`.
        """
        del repositories
        us = await people.myself(self._jira)
        query = Query(projects=self._source.rules.projects, labels=(label,), within=_ago(moment), open_only=False)
        async for hit in search.search(self._jira, query):
            async for remark in comments.said_since(self._jira, hit.key, moment, us):
                yield remark

    async def redeliver(self, since: datetime) -> int:
        """Jira repeats its webhooks by itself."""
        del since
        return 0

    async def _assigned(self, key: str, account: str) -> tuple[str, ...]:
        try:
            await editing.assign(self._jira, key, account)
        except (errors.Refused, errors.NotReady) as error:
            return (str(error),)
        return ()


def _ago(moment: datetime) -> timedelta:
    return max(datetime.now(UTC) - moment, timedelta(minutes=1))


def _fetched(found: issues.Fetched) -> Fetched:
    return Fetched(found.ticket, closed=found.done, updated_at=found.updated_at, attachments=found.attachments)
