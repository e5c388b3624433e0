"""What is read of a ticket, and what is never believed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jobs import errors
from jobs.ticket import Person
from tests.fakes.github.faults import Fault
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Comment, Event, Issue, Repository, now
from tests.integration.trackers.github.conftest import NAME
from worker.trackers.github import access, history, tickets
from worker.trackers.github.client import GitHub

BOT = "renovate[bot]"


async def test_an_issue_becomes_a_ticket(github: GitHub, issue: Issue) -> None:
    issue.assignees = ["octocat"]

    found = await tickets.fetch(github, "github", NAME, issue.number)

    ticket = found.ticket
    assert (ticket.source, ticket.key, ticket.repository) == ("github", "acme/payments#1", "acme/payments")
    assert (ticket.title, ticket.body, ticket.labels) == ("Refunds are rounded down", "Expected 0.11", ("jca",))
    assert ticket.author == Person(id="octocat")
    assert ticket.url.endswith("/acme/payments/issues/1")
    assert found.assignees == (Person(id="octocat"),)
    assert (found.closed, found.locked, found.is_pull_request) == (False, False, False)


async def test_an_issue_that_is_gone_is_not_found(github: GitHub) -> None:
    with pytest.raises(errors.NotFound, match=r"acme/payments#99"):
        await tickets.fetch(github, "github", NAME, 99)


async def test_a_personal_token_reads_them_too(by_token: GitHub, issue: Issue) -> None:
    assert (await tickets.fetch(by_token, "github", NAME, issue.number)).ticket.title == issue.title


@pytest.mark.parametrize(
    "body",
    [
        {"number": 1},
        {"number": -1, "title": "t", "html_url": ""},
        {"number": 1, "title": ["t"], "html_url": ""},
        {"number": 1, "title": "t", "html_url": "javascript:alert(1)"},
        {"number": 1, "title": "t" * 300_000, "html_url": ""},
        {"number": 1, "title": "t", "html_url": "", "labels": [{"name": "n"}] * 2000},
        [],
        "no object",
    ],
    ids=["little", "number", "type", "link", "long", "many", "list", "text"],
)
async def test_an_answer_that_no_github_gives_is_refused(
    fake: FakeGitHub, github: GitHub, issue: Issue, body: object
) -> None:
    fake.faults.add(Fault(r"^GET .*/issues/1$", status=200, body=body))

    with pytest.raises(errors.NotReady, match="does not speak as GitHub does"):
        await tickets.fetch(github, "github", NAME, issue.number)


async def test_what_is_not_json_is_refused(fake: FakeGitHub, github: GitHub, issue: Issue) -> None:
    issue.title = "\0" * 3
    assert "\0" not in (await tickets.fetch(github, "github", NAME, issue.number)).ticket.title

    fake.faults.add(Fault(r"^GET .*/issues/1$", status=204))
    with pytest.raises(errors.NotReady):
        await tickets.fetch(github, "github", NAME, issue.number)


async def test_comments_come_oldest_first_with_their_authors(github: GitHub, issue: Issue) -> None:
    old = now() - timedelta(days=2)
    issue.comments += [
        Comment(1, "first", "octocat", old, old),
        Comment(2, "second", "stranger", old, now()),
        Comment(3, "by a tool", "octocat", app="some-app"),
    ]

    everything = await tickets.comments(github, NAME, now() - timedelta(days=3))
    lately = await tickets.comments(github, NAME, now() - timedelta(days=1))

    assert [(comment.body, comment.edited) for comment in everything] == [
        ("first", False), ("second", True), ("by a tool", False)
    ]  # fmt: skip
    assert [comment.author and comment.author.is_bot for comment in everything] == [False, False, True]
    assert [comment.id for comment in lately] == [2, 3]
    assert {comment.number for comment in everything} == {str(issue.number)}


async def test_asking_again_for_comments_costs_nothing_while_nobody_says_anything(
    fake: FakeGitHub, github: GitHub, issue: Issue
) -> None:
    hour = now().replace(minute=0, second=0) - timedelta(hours=1)
    issue.comments.append(Comment(1, "first", "octocat", hour + timedelta(minutes=20), hour + timedelta(minutes=20)))
    first = await tickets.comments(github, NAME, hour + timedelta(minutes=10))
    left = fake.world.remaining
    again = await tickets.comments(github, NAME, hour + timedelta(minutes=30, seconds=7))

    assert ([comment.id for comment in first], again) == ([1], [])
    assert fake.world.remaining == left


async def test_comments_are_read_over_all_pages(github: GitHub, issue: Issue) -> None:
    issue.comments += [Comment(number, f"{number}", "stranger") for number in range(1, 251)]

    everything = await tickets.comments(github, NAME, now() - timedelta(days=1))
    assert [comment.id for comment in everything] == list(range(1, 251))


async def test_history_tells_who_added_a_label_last(fake: FakeGitHub, github: GitHub, issue: Issue) -> None:
    fake.world.accounts[BOT] = "Bot"
    issue.events += [Event("unlabeled", "octocat", "jca"), Event("labeled", BOT, "JCA"), Event("pinned", "octocat")]

    acts = await history.acts(github, NAME, issue.number)

    assert [act.kind for act in acts] == ["labeled", "unlabeled", "labeled", "pinned"]
    assert history.labelled_by(acts, "jca") == Person(id=BOT, is_bot=True)
    assert history.labelled_by(acts, "model:opus") is None


async def test_the_last_editor_of_a_body_is_known(
    fake: FakeGitHub, github: GitHub, repository: Repository, issue: Issue
) -> None:
    assert await history.last_edit(github, NAME, issue.number) is None

    await fake.people.edit(repository, issue, "stranger", "[JCA]\nmodel=opus\n[/JCA]")

    edit = await history.last_edit(github, NAME, issue.number)
    assert edit
    assert edit.by == Person(id="stranger")
    assert edit.at == issue.edited_at


async def test_the_editor_of_an_issue_that_is_gone_is_not_found(github: GitHub) -> None:
    with pytest.raises(errors.NotFound):
        await history.last_edit(github, NAME, 99)


@pytest.mark.parametrize(
    ("role", "may_write"),
    [
        ("admin", True), ("maintain", True), ("write", True), ("release-manager", True),
        ("triage", False), ("read", False), ("none", False),
    ],
)  # fmt: skip
async def test_only_roles_that_write_may_write(
    github: GitHub, repository: Repository, role: str, may_write: bool
) -> None:
    repository.collaborators["octocat"] = role

    assert await access.permission(github, NAME, "octocat") == access.Access("octocat", role, may_write)


@pytest.mark.parametrize(("role", "may_read"), [("admin", True), ("triage", True), ("read", True), ("none", False)])
async def test_only_who_has_a_role_may_read(github: GitHub, repository: Repository, role: str, may_read: bool) -> None:
    repository.collaborators["octocat"] = role

    assert (await access.permission(github, NAME, "octocat")).may_read is may_read
    assert not (await access.permission(github, NAME, "nobody-at-all")).may_read


async def test_somebody_github_does_not_know_may_do_nothing(github: GitHub) -> None:
    assert not (await access.permission(github, NAME, "nobody-at-all")).may_write


async def test_an_answer_about_somebody_else_gives_no_right(fake: FakeGitHub, github: GitHub) -> None:
    body = {"permission": "admin", "role_name": "admin", "user": {"login": "octocat"}}
    fake.faults.add(Fault("/collaborators/", status=200, body=body))

    assert not (await access.permission(github, NAME, "stranger")).may_write


async def test_an_answer_without_a_right_gives_none(fake: FakeGitHub, github: GitHub) -> None:
    fake.faults.add(Fault("/collaborators/", status=200, body={"user": {"login": "octocat"}}))

    assert not (await access.permission(github, NAME, "octocat")).may_write


async def test_a_right_that_was_taken_away_is_gone_at_once(github: GitHub, repository: Repository) -> None:
    assert (await access.permission(github, NAME, "octocat")).may_write

    repository.collaborators["octocat"] = "read"

    assert not (await access.permission(github, NAME, "octocat")).may_write


async def test_logins_cannot_leave_their_place_in_the_path(fake: FakeGitHub, github: GitHub) -> None:
    await access.permission(github, NAME, "octocat/permission?x=")
    assert fake.requests[-1].path.endswith("/collaborators/octocat/permission?x=/permission")
    assert fake.requests[-1].query == {}

    with pytest.raises(errors.BadInput):
        await access.permission(github, NAME, "..")
