"""An office whose source is a fake Jira, and the people of that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobs.adf import visible_body
from jobs.catalog import Source
from jobs.intake_rules import IntakeRules
from jobs.job import Job
from jobs.ticket import Person, Ticket
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.state import Issue, User
from tests.integration.duties.github_office import receive
from tests.integration.duties.offices import Settled, present, tell
from worker.duties import triage
from worker.duties.office import Office
from worker.trackers.jira.client import Jira
from worker.trackers.jira.tracker import JiraTracker


@dataclass
class Desk:
    """An office whose source `jira` is a fake Jira; its one repository lives on the fake GitHub."""

    office: Office
    settled: Settled
    jira: Jira
    fake: FakeJira
    ann: User
    eve: User

    def allow(self, actors: tuple[str, ...] = ("ann",), **rules: Any) -> None:  # noqa: ANN401 - of any field
        fields = {"name": "jira", "kind": "jira", "secrets": ["0123456789abcdef"], "repositories": ["shop"]}
        source = Source.model_validate({**fields, "actors": actors, "rules": IntakeRules(**rules)})
        self.settled.sources = {"jira": source}
        self.settled.trackers = {"jira": JiraTracker(self.jira, source)}

    def issue(self, body: str = "Expected 0.11", labels: tuple[str, ...] = ("jca",)) -> Issue:
        return self.fake.state.create_issue(self.ann, "Refunds are rounded down", body, labels=list(labels))

    async def delivered(self, issue: Issue, by: str) -> Job:
        """The job that a delivery of the issue as it is now makes."""
        fetched = await self.settled.trackers["jira"].fetch(_blank(issue))
        assert fetched
        return await receive(self.office, Job(ticket=fetched.ticket, actor=Person(id=by)))

    async def running(self, issue: Issue) -> Job:
        job = await self.delivered(issue, "ann")
        await triage.once(self.office)
        return await tell(self.office, await present(self.office, job), "claimed", {"token": "w:1", "worker": "w"})


def _blank(issue: Issue) -> Ticket:
    """A ticket of which only the key is known."""
    return Ticket(source="jira", key=issue.key, title="")


def says(issue: Issue) -> str:
    """The one comment of ours."""
    (comment,) = issue.comments
    return visible_body(comment.body)[0]
