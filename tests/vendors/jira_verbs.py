"""Everything we ask of Jira Cloud, asked once or more, on the fake and through whatever stands before it."""

from __future__ import annotations

from datetime import timedelta

from pydantic import SecretStr

from jobs.ticket import Person
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.state import Issue, User
from worker.trackers.jira import attachments, comments, editing, issues, people, search, workflow
from worker.trackers.jira.client import Jira
from worker.trackers.jira.jql import Query
from worker.trackers.jira.site import Site

ALLOWED = people.Allowed(groups=frozenset({"reviewers"}), roles=frozenset({"Developers", "Testers"}))
TRACE = b'{"line": 7}'


async def ask_everything(fake: FakeJira, url: str) -> None:
    """Call every verb of the client on a Jira Cloud that answers at `url`."""
    ann, issue = _populated(fake)
    async with Jira(Site.cloud(url, "jca@acme.example", SecretStr("jca-token"))) as jira:
        await comments.post(jira, issue.key, "01job", "### Started\n\n- *now*")
        await comments.post(jira, issue.key, "01job", "### Done")
        fake.state.comment(ann, issue, "Thank you")
        us = await people.myself(jira)
        assert [said.author.id async for said in comments.said_since(jira, issue.key, issue.created, us)] == [ann.id]
        await editing.change_labels(jira, issue.key, add=["jca-working"], remove=["jca"])
        await editing.assign(jira, issue.key, ann.id)
        link = editing.Link("https://github.com/acme/payments/pull/7", "Round refunds up", "Open", resolved=True)
        await editing.link_pull_request(jira, issue.key, link)
        assert isinstance(await workflow.move(jira, issue.key, "In Progress"), workflow.Moved)
        found = await issues.fetch(jira, "jira", issue.key)
        assert found.facts.complete
        assert await attachments.content(jira, issue.key, found.attachments[0]) == TRACE
        await _look_around(jira, ann)


def _populated(fake: FakeJira) -> tuple[User, Issue]:
    """A Jira with an issue whose history is longer than one answer, and more issues than one page holds."""
    fake.state.add_user(User("jca", "JCA", "jca-token", "jca@acme.example"))
    ann = fake.state.add_user(User("ann", "Ann Lee", "ann-token", "ann@acme.example", groups={"developers"}))
    fake.state.roles |= {"Developers": {"group:of-others", "jca"}, "Testers": {"group:developers"}}
    issue = fake.state.create_issue(ann, "Refunds are rounded down", "Expected 0.11", labels=["jca"])
    fake.state.attach(ann, issue, "trace.json", TRACE, "application/json")
    for number in range(120):
        fake.state.edit(ann, issue, summary=f"Refunds {number}")
    for number in range(120):
        fake.state.create_issue(ann, f"Other {number}", labels=["other"])
    return ann, issue


async def _look_around(jira: Jira, ann: User) -> None:
    query = Query(projects=("PAY",), labels=("other",), within=timedelta(days=1))
    assert len([hit async for hit in search.search(jira, query)]) == 120
    assert isinstance(await people.judge(jira, "PAY", Person(id=ann.id), ALLOWED), people.Admitted)
    assert await people.missing_permissions(jira, "PAY") == ()
