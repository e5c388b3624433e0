"""Reading issues: the ticket, who made it what it is, searching."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import errors
from jobs.ticket import Person
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.state import Issue, User
from worker.trackers.jira import issues
from worker.trackers.jira.client import Jira
from worker.trackers.jira.jql import Query
from worker.trackers.jira.search import search


async def test_an_issue_becomes_the_ticket_its_webhook_showed(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    found = await issues.fetch(jira, "jira", issue.key)

    assert found.ticket.model_dump() == {
        "source": "jira",
        "key": "PAY-1",
        "title": "Refunds are rounded down",
        "body": "[JCA]\nprovider=x\n[/JCA]",
        "flavor": "jira_wiki",
        "labels": ("jca",),
        "url": f"{fake.url}/browse/PAY-1",
        "repository": "",
        "author": {"id": "ann", "name": "Ann Lee", "is_bot": False},
        "assignees": (),
        "state": "To Do",
    }
    assert (found.status, found.done, found.assignee) == ("To Do", False, None)


async def test_the_history_tells_who_set_each_label_and_wrote_last(
    jira: Jira, fake: FakeJira, issue: Issue, ann: User
) -> None:
    bob = fake.state.add_user(User("bob", "Bob", "token-of-bob"))
    fake.state.edit(bob, issue, labels=["jca", "repo-shop"])
    fake.state.edit(ann, issue, labels=["repo-shop"])
    fake.state.edit(bob, issue, labels=["JCA", "repo-shop"], description="changed")
    fake.state.edit(ann, issue, status="In Progress", assignee=bob)

    found = await issues.fetch(jira, "jira", issue.key)

    assert {label: who.id if who else "" for label, who in found.facts.labelled_by.items()} == {
        "jca": "bob",
        "repo-shop": "bob",
    }
    assert found.facts.edited_by == Person(id="bob", name="Bob")
    assert found.facts.complete
    assert found.assignee == Person(id="bob", name="Bob")


async def test_what_nobody_changed_is_its_creators(jira: Jira, issue: Issue) -> None:
    facts = (await issues.fetch(jira, "jira", issue.key)).facts

    assert facts.labelled_by["jca"] == facts.edited_by == Person(id="ann", name="Ann Lee")
    assert facts.edited_at == issue.created


async def test_a_long_history_is_read_to_its_beginning(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    bob = fake.state.add_user(User("bob", "Bob", "token-of-bob"))
    fake.state.edit(bob, issue, labels=["jca", "early"])
    for number in range(230):
        fake.state.edit(ann, issue, summary=f"title {number}")

    facts = (await issues.fetch(jira, "jira", issue.key)).facts

    assert facts.labelled_by["early"] == Person(id="bob", name="Bob")
    assert facts.complete


async def test_attachments_are_listed_with_size_and_type(jira: Jira, fake: FakeJira, issue: Issue, ann: User) -> None:
    hung = fake.state.attach(ann, issue, "log.txt", b"It broke.\n")

    (file,) = (await issues.fetch(jira, "jira", issue.key)).attachments

    assert (file.id, file.name, file.size, file.media_type) == (hung.id, "log.txt", 10, "text/plain")
    assert (file.author, file.created_at) == (Person(id="ann", name="Ann Lee"), hung.created)


async def test_an_issue_that_is_not_there_is_named_with_what_may_be_missing(jira: Jira) -> None:
    with pytest.raises(errors.NotFound, match=r"read PAY-99 \(404\).*Browse Projects"):
        await issues.fetch(jira, "jira", "PAY-99")


@pytest.mark.parametrize("key", ["", "PAY", "pay-1", "PAY-1/../../x", "PAY-1?x=1", "PAY-01"])
async def test_what_is_no_key_is_never_asked_for(jira: Jira, fake: FakeJira, key: str) -> None:
    with pytest.raises(errors.BadInput, match="is not the key of an issue"):
        await issues.fetch(jira, "jira", key)
    assert fake.log == []


async def test_a_search_finds_every_issue_once_over_several_pages(jira: Jira, fake: FakeJira, ann: User) -> None:
    wanted = [fake.state.create_issue(ann, "x", labels=["jca"]).key for _ in range(205)]
    fake.state.create_issue(ann, "other", labels=["bug"])
    fake.state.create_issue(ann, "elsewhere", labels=["jca"], project="OPS")
    done = fake.state.create_issue(ann, "done", labels=["jca"])
    fake.state.edit(ann, done, status="Done")

    found = [hit.key async for hit in search(jira, Query(projects=("PAY",), labels=("jca",)))]

    assert found == wanted
    assert len(fake.asked("POST", "/search")) == 3


async def test_a_search_asks_for_what_changed_of_late_by_distance(jira: Jira, fake: FakeJira, ann: User) -> None:
    old, new = (fake.state.create_issue(ann, name, labels=["jca"]) for name in ("old", "new"))
    old.updated -= timedelta(hours=2)

    found = [hit.key async for hit in search(jira, Query(labels=("jca",), within=timedelta(hours=1)))]

    assert found == [new.key]


async def test_no_value_breaks_out_of_a_search(jira: Jira, fake: FakeJira, ann: User) -> None:
    hostile = '") OR project in ("OPS'
    mine = fake.state.create_issue(ann, "x", labels=[hostile, "back\\slash\\"])
    fake.state.create_issue(ann, "y", project="OPS")

    for label in mine.labels:
        assert [hit.key async for hit in search(jira, Query(labels=(label,)))] == [mine.key]
