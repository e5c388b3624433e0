"""How requests travel: limits, spacing, sizes, redirects, and never a secret in what is said about it."""

from __future__ import annotations

import asyncio
import io
import logging
import traceback
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import structlog
from pydantic import SecretStr

from jobs import errors
from tests.fakes.github import faults
from tests.fakes.github.faults import Fault
from tests.fakes.github.server import FakeGitHub, running
from tests.fakes.github.world import Issue, Repository, now
from tests.integration.trackers.github.conftest import NAME, PATIENCE
from worker.trackers.github import access, checks, comments, labels, pulls, tickets
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import PersonalToken
from worker.trackers.github.names import Endpoint
from worker.trackers.github.transport import Transport
from worker.trackers.limited import RateLimited

ANY = "^"
YESTERDAY = now() - timedelta(days=1)


async def test_requests_say_who_asks_and_for_which_version(fake: FakeGitHub, by_token: GitHub, issue: Issue) -> None:
    await tickets.fetch(by_token, "github", NAME, issue.number)

    headers = fake.requests[-1].headers
    assert headers["Accept"] == "application/vnd.github+json"
    assert headers["X-GitHub-Api-Version"] == "2022-11-28"
    assert headers["User-Agent"].startswith("jca/")


async def test_what_did_not_change_costs_nothing(fake: FakeGitHub, by_token: GitHub, issue: Issue) -> None:
    first = await tickets.fetch(by_token, "github", NAME, issue.number)
    left = fake.world.remaining
    second = await tickets.fetch(by_token, "github", NAME, issue.number)

    assert fake.requests[-1].status == 304
    assert fake.world.remaining == left
    assert first == second


async def test_what_changed_is_read_anew(by_token: GitHub, issue: Issue) -> None:
    await tickets.fetch(by_token, "github", NAME, issue.number)
    issue.title = "Changed"

    assert (await tickets.fetch(by_token, "github", NAME, issue.number)).ticket.title == "Changed"


async def test_when_the_hour_is_used_up_nothing_is_asked_until_it_is_over(
    fake: FakeGitHub, by_token: GitHub, issue: Issue
) -> None:
    fake.world.remaining, fake.world.resets_at = 1, now() + timedelta(minutes=20)
    await tickets.fetch(by_token, "github", NAME, issue.number)
    asked = len(fake.requests)

    with pytest.raises(RateLimited) as limited:
        await tickets.fetch(by_token, "github", NAME, issue.number)

    assert len(fake.requests) == asked
    assert abs(limited.value.until - fake.world.resets_at) < timedelta(seconds=5)


async def test_a_request_that_is_refused_for_the_hour_says_when(
    fake: FakeGitHub, by_token: GitHub, issue: Issue
) -> None:
    fake.world.remaining, fake.world.resets_at = 0, now() + timedelta(minutes=20)

    with pytest.raises(RateLimited) as limited:
        await tickets.fetch(by_token, "github", NAME, issue.number)

    assert abs(limited.value.until - fake.world.resets_at) < timedelta(seconds=5)


async def test_the_limit_of_one_account_is_not_that_of_another(
    fake: FakeGitHub, github: GitHub, by_token: GitHub, issue: Issue
) -> None:
    fake.faults.add(faults.secondary(r"^GET .*/issues/1$"))

    with pytest.raises(RateLimited):
        await tickets.fetch(by_token, "github", NAME, issue.number)
    assert (await tickets.fetch(github, "github", NAME, issue.number)).number == issue.number


async def test_writes_of_one_account_keep_their_distance(fake: FakeGitHub, issue: Issue) -> None:
    spacing, clock = 0.05, asyncio.get_running_loop().time
    async with Transport(Endpoint.of(fake.url), write_spacing=spacing) as transport:
        github = GitHub(transport, PersonalToken(transport, SecretStr(fake.world.add_token("octocat"))))
        started = clock()
        await asyncio.gather(*(labels.relabel(github, NAME, issue.number, add=["jca: working"]) for _ in range(3)))

        assert clock() - started >= 2 * spacing
    assert len(fake.asked("POST", "/labels")) == 3


async def test_a_missing_permission_is_named(fake: FakeGitHub, transport: Transport, issue: Issue) -> None:
    token = fake.world.add_token("octocat", {"issues": "read", "metadata": "read"})
    github = GitHub(transport, PersonalToken(transport, SecretStr(token)))

    with pytest.raises(errors.NotReady, match="issues=write") as refused:
        await labels.assign(github, NAME, issue.number, ["octocat"])
    assert "assign acme/payments#1" in str(refused.value)


async def test_a_credential_is_not_carried_to_another_host(fake: FakeGitHub, by_token: GitHub, issue: Issue) -> None:
    async with running() as other:
        for status in (301, 302, 307, 308):
            elsewhere = (("Location", f"{other.url}/repos/acme/payments/issues/1"),)
            fake.faults.add(Fault(ANY, status=status, body={}, headers=elsewhere))
            with pytest.raises(errors.NotReady, match="not carried along"):
                await tickets.fetch(by_token, "github", NAME, issue.number)
        fake.faults.add(Fault(ANY, status=200, body=[], headers=(("Link", f'<{other.url}/x>; rel="next"'),)))
        with pytest.raises(errors.NotReady, match="not carried along"):
            await tickets.comments(by_token, NAME, YESTERDAY)

        assert other.requests == []


async def test_a_repository_that_was_renamed_is_read_but_not_written(
    fake: FakeGitHub, by_token: GitHub, repository: Repository, issue: Issue
) -> None:
    fake.world.add_repository("acme/billing").issues[1] = issue
    repository.moved_to = "acme/billing"

    assert (await tickets.fetch(by_token, "github", NAME, 1)).ticket.title == issue.title
    with pytest.raises(errors.NotReady, match="present name"):
        await comments.post(by_token, comments.Place(NAME, 1, "01job"), "Queued.")
    assert issue.comments == []


async def test_redirects_have_an_end(fake: FakeGitHub, by_token: GitHub) -> None:
    round_and_round = (("Location", f"{fake.url}/repos/acme/payments/issues/1"),)
    fake.faults.add(Fault(ANY, times=100, status=302, body={}, headers=round_and_round))

    with pytest.raises(errors.NotReady):
        await tickets.fetch(by_token, "github", NAME, 1)
    assert len(fake.requests) == 4


async def test_an_answer_without_end_is_not_read_to_its_end(fake: FakeGitHub, by_token: GitHub) -> None:
    fake.faults.add(Fault(ANY, status=200, body="x" * (9 * 1024 * 1024)))

    with pytest.raises(errors.Refused, match="larger than 8 MiB"):
        await tickets.fetch(by_token, "github", NAME, 1)


async def test_an_answer_that_cannot_be_unpacked_is_for_another_time(fake: FakeGitHub, by_token: GitHub) -> None:
    fake.faults.add(Fault(ANY, status=200, body={}, headers=(("Content-Encoding", "gzip"),)))

    with pytest.raises(errors.TryAgain):
        await tickets.fetch(by_token, "github", NAME, 1)


async def test_a_server_that_is_not_there_is_for_another_time(fake: FakeGitHub) -> None:
    async with running() as gone:
        address = gone.url
    async with Transport(Endpoint.of(address)) as transport:
        github = GitHub(transport, PersonalToken(transport, SecretStr(fake.world.add_token("octocat"))))
        with pytest.raises(errors.TryAgain, match="did not answer"):
            await tickets.fetch(github, "github", NAME, 1)


VERBS: dict[str, Callable[[GitHub], Awaitable[object]]] = {
    "fetch": lambda github: tickets.fetch(github, "github", NAME, 1),
    "comments": lambda github: tickets.comments(github, NAME, YESTERDAY),
    "permission": lambda github: access.permission(github, NAME, "octocat"),
    "post": lambda github: comments.post(github, comments.Place(NAME, 1, "01job"), "Queued."),
    "label": lambda github: labels.relabel(github, NAME, 1, add=["jca"]),
    "pull": lambda github: pulls.open_pull_request(github, pulls.Proposal(NAME, "b", "main", "a" * 40, "t", "b")),
    "check": lambda github: checks.report_verdict(
        github, checks.Verdict(NAME, "a" * 40, "j.1", "success", "Passed", "")
    ),
    "push": lambda github: github.credential.push_credential(NAME),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_no_failure_tells_a_secret(
    fake: FakeGitHub, github: GitHub, by_token: GitHub, issue: Issue, verb: str, caplog: pytest.LogCaptureFixture
) -> None:
    del issue
    log, told = io.StringIO(), []
    caplog.set_level(logging.DEBUG)
    before = structlog.get_config()
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(log),
        processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()],
    )
    try:
        for client in (github, by_token):
            for fault in _failures():
                fake.faults.coming = [fault]
                client.transport._limits.clear()
                try:
                    await VERBS[verb](client)
                except errors.JcaError as error:
                    told += [repr(error), *traceback.format_exception(error)]
                    structlog.get_logger().error("failed", exc_info=error, client=client.credential)
    finally:
        structlog.configure(**before)

    shown = {seen.headers.get("Authorization", "").removeprefix("Bearer ") for seen in fake.requests} - {""}
    everything = "".join(told) + log.getvalue() + caplog.text
    assert told or verb == "push"
    assert shown
    assert not [secret for secret in shown if secret in everything]
    assert "PRIVATE KEY" not in everything


def _failures() -> list[Fault]:
    """Ways to fail of a GitHub that repeats what it was sent."""
    kept = [401, 403, 404, 409, 422, 500]
    repeats = [Fault(ANY, times=9, status=status, body=faults.REPEAT_THE_CREDENTIAL) for status in kept]
    return [
        *repeats,
        faults.dropped(ANY, effect=False),
        faults.secondary(ANY),
        Fault(ANY, delay=PATIENCE / 8, drop=True),
    ]
