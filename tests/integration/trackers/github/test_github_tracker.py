"""GitHub as the duties see it."""

from __future__ import annotations

import pytest
from pydantic import SecretStr

from jobs import errors, repository
from jobs.attachment import Attachment
from jobs.catalog import Source
from jobs.job import Job, Status
from jobs.reasons import Code, because
from jobs.results import PullRequest, PullRequestState
from jobs.ticket import Person, Ticket
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Issue, Repository
from tests.integration.trackers.github.conftest import NAME
from worker.trackers.github.client import GitHub
from worker.trackers.github.code_host import GitHubCodeHost
from worker.trackers.github.tracker import GitHubTracker
from worker.trackers.protocol import CodeHost, Tracker

PAYMENTS = repository.Repository(alias="payments", url="https://github.example/x", full_name=str(NAME))
DRAFT = PullRequest(
    state=PullRequestState.RECORDED,
    branch="jca/payments-1-refunds",
    base_branch="main",
    commit="a" * 40,
    title="Refunds are rounded down (acme/payments#1)",
    body="What and why.",
)


@pytest.fixture
def job(issue: Issue) -> Job:
    return Job(ticket=Ticket(source="github", key=f"acme/payments#{issue.number}", title=issue.title))


@pytest.fixture
def tracker(github: GitHub) -> Tracker:
    source = Source(name="github", kind="github", secrets=(SecretStr("0123456789abcdef"),))
    return GitHubTracker(github, source)


@pytest.fixture
def host(github: GitHub) -> CodeHost:
    return GitHubCodeHost(github)


async def test_a_namesake_on_github_gives_no_right_to_a_repository_elsewhere(
    tracker: Tracker, repository: Repository, job: Job
) -> None:
    repository.collaborators["octocat"] = "admin"
    elsewhere = PAYMENTS.model_copy(update={"url": f"https://git.example/{NAME}.git", "full_name": ""})

    for may in (tracker.may_write, tracker.may_read):
        told = await may(Person(id="octocat"), job.ticket, elsewhere)
        assert told
        assert not told.allowed
        assert "leads elsewhere" in told.why


async def test_a_job_gets_one_pull_request_however_often_it_is_asked_for(
    host: CodeHost, repository: Repository, job: Job
) -> None:
    first = (await host.open_pull_request(job, PAYMENTS, DRAFT)).pull_request
    second = (await host.open_pull_request(job, PAYMENTS, DRAFT)).pull_request

    (pull,) = repository.pulls.values()
    assert first == second
    assert first.state is PullRequestState.OPEN
    assert first.url.endswith(f"/pull/{pull.number}")
    assert (pull.head, pull.base, pull.title) == (DRAFT.branch, "main", DRAFT.title)


async def test_a_job_has_one_report_on_its_issue(tracker: Tracker, issue: Issue, job: Job) -> None:
    await tracker.report(job, "### Nothing was started")
    await tracker.report(job, "### The change is ready for review")

    (comment,) = issue.comments
    assert comment.body == f"<!-- jca:job:{job.id} -->\n### The change is ready for review"


@pytest.mark.parametrize("key", ["PAY-412", "acme/payments", "acme/payments#", "acme/payments#x", "a b/c#1", "#1"])
async def test_a_ticket_of_another_tracker_is_refused(tracker: Tracker, job: Job, key: str) -> None:
    other = job.model_copy(update={"ticket": job.ticket.model_copy(update={"key": key})})

    with pytest.raises(errors.BadInput):
        await tracker.report(other, "Done.")


async def test_the_verdict_stands_beside_the_commit(host: CodeHost, repository: Repository, job: Job) -> None:
    reason = because(Code.VALIDATED, "The host ran it: passed.")
    ended = job.model_copy(update={"status": Status.SUCCEEDED, "commit": "a" * 40, "run": 1, "reason": reason})

    assert await host.show_verdict(ended, PAYMENTS) == ()
    assert await host.show_verdict(ended, PAYMENTS) == ()

    (check,) = repository.checks
    assert (check.external_id, check.conclusion) == (f"{job.id}.1", "success")


async def test_a_personal_token_shows_no_verdict(by_token: GitHub, repository: Repository, job: Job) -> None:
    ended = job.model_copy(update={"status": Status.SUCCEEDED, "commit": "a" * 40})

    assert await GitHubCodeHost(by_token).show_verdict(ended, PAYMENTS) == ()
    assert repository.checks == []


async def test_a_repository_is_addressed_by_its_url_where_its_name_is_not_given(host: CodeHost) -> None:
    unnamed = PAYMENTS.model_copy(update={"full_name": "", "url": "https://github.example/acme/payments.git"})
    lent = await host.push_credential(unnamed)

    assert lent is not None
    assert lent.narrowed
    await host.revoke(lent)


@pytest.mark.parametrize(
    ("who", "reads", "writes"),
    [("octocat", True, True), ("stranger", True, False), ("hidden", False, False), ("nobody-at-all", False, False)],
)
async def test_whoever_has_a_role_may_have_a_repository_read(
    tracker: Tracker, fake: FakeGitHub, repository: Repository, job: Job, who: str, reads: bool, writes: bool
) -> None:
    fake.world.accounts["hidden"] = "User"
    repository.collaborators["hidden"] = "none"

    told = await tracker.may_read(Person(id=who), job.ticket, PAYMENTS)
    assert told
    assert told.allowed is reads
    assert told.why.startswith(f"the role of {who} in acme/payments is ")
    written = await tracker.may_write(Person(id=who), job.ticket, PAYMENTS)
    assert written
    assert written.allowed is writes


async def test_a_right_to_read_that_was_taken_away_is_gone_at_once(
    tracker: Tracker, repository: Repository, job: Job
) -> None:
    asked = Person(id="stranger"), job.ticket, PAYMENTS
    before = await tracker.may_read(*asked)
    repository.collaborators["stranger"] = "none"
    after = await tracker.may_read(*asked)

    assert (before and before.allowed, after and after.allowed) == (True, False)


async def test_an_issue_has_no_attachments_since_github_tells_of_none(tracker: Tracker, job: Job) -> None:
    fetched = await tracker.fetch(job.ticket)

    assert fetched is not None
    assert fetched.attachments == ()
    with pytest.raises(errors.NotFound, match="no attachment 1"):
        await tracker.attachment(job.ticket, Attachment(id="1", name="a.txt", size=1))
