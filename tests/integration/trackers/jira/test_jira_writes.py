"""What else is written: status, labels, assignee, links; and who may ask for it."""

from __future__ import annotations

import pytest

from jobs import errors
from jobs.ticket import Person
from tests.fakes.jira.faults import Fault
from tests.fakes.jira.server import FakeJira
from tests.fakes.jira.state import Issue, User
from worker.trackers.jira import people
from worker.trackers.jira.client import Jira
from worker.trackers.jira.editing import Link, assign, change_labels, link_pull_request
from worker.trackers.jira.people import Admitted, Allowed, NotAdmitted, judge
from worker.trackers.jira.workflow import Moved, NotMoved, move

ANN = Person(id="ann", name="Ann Lee")


async def test_an_issue_goes_where_the_workflow_leads_by_the_name_of_the_status(jira: Jira, issue: Issue) -> None:
    assert await move(jira, issue.key, "in progress") == Moved("In Progress")
    assert issue.status == "In Progress"
    assert await move(jira, issue.key, "In Progress") == Moved("In Progress", already=True)


async def test_a_status_that_cannot_be_reached_is_a_warning_with_what_can(jira: Jira, issue: Issue) -> None:
    moved = await move(jira, issue.key, "Shipped")

    assert moved == NotMoved("PAY-1 cannot go from To Do to Shipped: from there the workflow leads to In Progress.")
    assert issue.status == "To Do"


async def test_a_step_that_wants_more_is_a_warning_too(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    body = '{"errorMessages":[],"errors":{"resolution":"Resolution is required."}}'
    fake.faults.append(Fault("POST", "/transitions", status=400, body=body))

    moved = await move(jira, issue.key, "In Progress")

    assert isinstance(moved, NotMoved)
    assert "resolution: Resolution is required." in moved.warning


async def test_a_move_whose_answer_got_lost_is_not_made_twice(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    fake.faults.append(Fault("POST", "/transitions", "done_then_drop"))
    with pytest.raises(errors.TryAgain):
        await move(jira, issue.key, "In Progress")

    assert await move(jira, issue.key, "In Progress") == Moved("In Progress", already=True)
    assert len(issue.history) == 1


async def test_a_move_against_another_may_be_tried_again(jira: Jira, fake: FakeJira, issue: Issue) -> None:
    fake.faults.append(Fault("POST", "/transitions", status=409))

    with pytest.raises(errors.TryAgain, match="something changed meanwhile"):
        await move(jira, issue.key, "In Progress")


async def test_labels_are_added_and_removed_one_by_one(jira: Jira, issue: Issue) -> None:
    await change_labels(jira, issue.key, add=["jca-done", "jca-done"], remove=["jca", "not-there"])
    await change_labels(jira, issue.key)

    assert issue.labels == ["jca-done"]


@pytest.mark.parametrize("label", ["", "two words", "a\tb", "x" * 256])
async def test_a_label_jira_could_not_hold_is_refused_before_it_is_sent(jira: Jira, fake: FakeJira, label: str) -> None:
    with pytest.raises(errors.BadInput, match="cannot be a label"):
        await change_labels(jira, "PAY-1", add=[label])
    assert fake.log == []


async def test_an_issue_is_given_to_somebody_and_to_nobody(jira: Jira, issue: Issue, ann: User) -> None:
    await assign(jira, issue.key, "ann")
    assert issue.assignee is ann

    await assign(jira, issue.key, None)
    assert issue.assignee is None


async def test_jiras_own_words_say_why_it_refused(jira: Jira, issue: Issue) -> None:
    with pytest.raises(errors.Refused, match="User 'ghost' cannot be assigned issues"):
        await assign(jira, issue.key, "ghost")


async def test_the_link_to_a_pull_request_is_there_once_and_brought_up_to_date(
    jira: Jira, fake: FakeJira, issue: Issue
) -> None:
    url = "https://github.com/acme/shop/pull/7"
    await link_pull_request(jira, issue.key, Link(url, "Round refunds up"))
    fake.faults.append(Fault("POST", "/remotelink", "done_then_drop"))
    with pytest.raises(errors.TryAgain):
        await link_pull_request(jira, issue.key, Link(url, "Round refunds up", resolved=True))
    await link_pull_request(jira, issue.key, Link(url, "Round refunds up", resolved=True))

    (link,) = issue.links.values()
    assert link["globalId"] == f"jca={url}"
    assert link["object"]["url"] == url
    assert link["object"]["status"] == {"resolved": True}


async def test_a_link_of_any_length_has_its_own_identity(jira: Jira, issue: Issue) -> None:
    for end in "ab":
        await link_pull_request(jira, issue.key, Link(f"https://git.example/{'x' * 300}{end}", "t"))

    assert len(issue.links) == 2
    assert all(len(identity) <= 255 for identity in issue.links)


async def test_only_a_web_address_is_linked(jira: Jira, fake: FakeJira) -> None:
    with pytest.raises(errors.BadInput, match="no web address"):
        await link_pull_request(jira, "PAY-1", Link("javascript:alert(1)", "t"))
    assert fake.log == []


async def test_a_listed_account_is_admitted_without_asking(jira: Jira, fake: FakeJira) -> None:
    assert await judge(jira, "PAY", ANN, Allowed(accounts=frozenset({"ann"}))) == Admitted("the account ann is listed")
    assert isinstance(await judge(jira, "PAY", ANN, Allowed(accounts=frozenset({"bob"}))), NotAdmitted)
    assert fake.log == []


async def test_a_group_or_a_role_admits_directly_or_through_each_other(jira: Jira, fake: FakeJira, ann: User) -> None:
    developers, maintainers = Allowed(groups=frozenset({"Developers"})), Allowed(roles=frozenset({"maintainers"}))
    fake.state.roles = {"Users": {"jca"}, "Maintainers": {"jca", "group:leads"}}

    assert isinstance(await judge(jira, "PAY", ANN, developers), NotAdmitted)
    assert isinstance(await judge(jira, "PAY", ANN, maintainers), NotAdmitted)

    ann.groups = {"developers", "leads"}
    assert await judge(jira, "PAY", ANN, developers) == Admitted("the group Developers is listed")
    assert await judge(jira, "PAY", ANN, maintainers) == Admitted("the project role Maintainers is listed")

    ann.groups = set()
    fake.state.roles["Maintainers"] = {"ann"}
    assert await judge(jira, "PAY", ANN, maintainers) == Admitted("the project role Maintainers is listed")


async def test_whoever_cannot_be_looked_up_is_not_admitted(jira: Jira, fake: FakeJira) -> None:
    fake.denied.add("BROWSE_USERS")

    with pytest.raises(errors.NotReady, match="“Browse users and groups”"):
        await judge(jira, "PAY", ANN, Allowed(groups=frozenset({"developers"})))


async def test_missing_permissions_are_named_as_the_administration_does(jira: Jira, fake: FakeJira) -> None:
    assert await people.missing_permissions(jira, "PAY") == ()

    fake.denied |= {"ADD_COMMENTS", "LINK_ISSUES"}
    assert await people.missing_permissions(jira, "PAY") == ("Add Comments", "Link Issues")
