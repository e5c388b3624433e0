"""Finding what no delivery told: changed issues, and deliveries that never arrived."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from jobs import errors
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Issue, Repository, now
from tests.integration.trackers.github.conftest import NAME
from webhooks.github import read_github
from webhooks.reading import Ignored, Intake
from webhooks.signatures import Verified, verify
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.searching import changed_issues, failed_deliveries, redeliver
from worker.trackers.github.transport import Transport

SECRET = "the-secret-of-the-webhook"
LONG_AGO = now() - timedelta(days=3)


@dataclass
class Receiver:
    """Takes deliveries as the real one does: signature first, then our reader."""

    read: list[object] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        verified = verify("github", request.headers, body, [SecretStr(SECRET)])
        assert isinstance(verified, Verified)
        self.read.append(read_github("github", request.headers, body, "jca"))
        return web.Response(status=202)


@pytest.fixture
async def receiver(fake: FakeGitHub) -> AsyncIterator[Receiver]:
    """What the fake sends its deliveries to."""
    taking = Receiver()
    app = web.Application()
    app.router.add_post("/webhooks/github", taking.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    fake.hooks.send_to(f"http://127.0.0.1:{port}/webhooks/github", SECRET)
    yield taking
    await runner.cleanup()


async def test_open_issues_with_the_label_that_changed_are_listed_oldest_first(
    fake: FakeGitHub, github: GitHub, repository: Repository
) -> None:
    marks: list[tuple[str, tuple[str, ...], int]] = [
        ("yesterday", ("jca",), 24), ("stale", ("jca",), 100), ("other", ("bug",), 1), ("today", ("JCA",), 1)
    ]  # fmt: skip
    for title, labels, hours in marks:
        issue = await fake.people.open_issue(repository, "octocat", title, labels=labels)
        issue.updated_at = now() - timedelta(hours=hours)
    closed = await fake.people.open_issue(repository, "octocat", "closed", labels=("jca",))
    await fake.people.close(repository, closed, "octocat")
    (await fake.people.open_issue(repository, "octocat", "a pull request", labels=("jca",))).is_pull = True

    found = await changed_issues(github, "github", NAME, "jca", LONG_AGO)

    assert [issue.ticket.title for issue in found] == ["yesterday", "today"]


async def test_all_pages_of_changed_issues_are_read(fake: FakeGitHub, github: GitHub, repository: Repository) -> None:
    for number in range(120):
        await fake.people.open_issue(repository, "octocat", f"{number}", labels=("jca",))

    assert len(await changed_issues(github, "github", NAME, "jca", LONG_AGO)) == 120


async def test_a_label_that_would_be_two_is_refused(github: GitHub) -> None:
    with pytest.raises(errors.BadInput, match="comma"):
        await changed_issues(github, "github", NAME, "jca,bug", LONG_AGO)


async def test_what_people_do_is_delivered_signed_as_the_receiver_reads_it(
    fake: FakeGitHub, repository: Repository, receiver: Receiver
) -> None:
    issue = await fake.people.open_issue(repository, "octocat", "Refunds", "Expected 0.11")
    await fake.people.label(repository, issue, "octocat", "jca")
    await fake.people.comment(repository, issue, "stranger", "Me too")
    await fake.people.edit(repository, issue, "octocat", "Expected 0.12")

    names = [read.envelope.event for read in receiver.read if isinstance(read, Intake | Ignored)]
    assert names == ["issues.opened", "issues.labeled", "issue_comment.created", "issues.edited"]
    labelled = receiver.read[1]
    assert isinstance(labelled, Intake)
    assert (labelled.ticket.key, labelled.ticket.body, labelled.actor.id) == (
        "acme/payments#1", "Expected 0.11", "octocat"
    )  # fmt: skip


async def test_a_delivery_that_was_lost_is_found_and_sent_again(
    fake: FakeGitHub, repository: Repository, receiver: Receiver, transport: Transport, app: AppCredential
) -> None:
    await fake.people.open_issue(repository, "octocat", "arrives")
    fake.hooks.lose = 1
    await fake.people.open_issue(repository, "octocat", "is lost")

    (lost,) = await failed_deliveries(transport, app, LONG_AGO)
    await redeliver(transport, app, lost)

    assert (lost.event, lost.action) == ("issues", "opened")
    again = receiver.read[-1]
    assert isinstance(again, Intake)
    assert (again.ticket.title, again.envelope.delivery_key) == ("is lost", lost.guid)
    assert await failed_deliveries(transport, app, LONG_AGO) == []


async def test_deliveries_are_looked_through_on_all_pages(
    fake: FakeGitHub, repository: Repository, issue: Issue, receiver: Receiver, transport: Transport, app: AppCredential
) -> None:
    fake.hooks.lose = 1
    await fake.people.edit(repository, issue, "octocat", "lost")
    for number in range(130):
        await fake.people.edit(repository, issue, "octocat", f"{number}")

    assert len(await failed_deliveries(transport, app, LONG_AGO)) == 1
    assert await failed_deliveries(transport, app, now() + timedelta(minutes=1)) == []
    assert len(receiver.read) == 130
