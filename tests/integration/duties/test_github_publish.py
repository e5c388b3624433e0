"""What a GitHub that keeps state shows in the end: one comment, one pull request, the labels of where the job is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobs import errors
from jobs.job import Job, Status, now
from jobs.ledger import outbox
from jobs.reasons import Code, because
from jobs.repository import ValidationMode
from jobs.results import CommandOutcome, PullRequestState
from tests.fakes.github import faults
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import Issue, Repository
from tests.integration.duties import github_office
from tests.integration.duties.github_office import delivered, receive, says, settle, status
from tests.integration.duties.offices import Settled, present, result, tell
from tests.integration.duties.test_publish_duty import pass_time
from worker.duties import currency, publish, triage
from worker.duties.office import Office
from worker.trackers.github.client import GitHub

COMMENTS, PULLS = r"^POST .*/issues/\d+/comments$", r"^POST .*/pulls$"
MARKS = {"labels": {"working": "working", "review": "review", "blocked": "blocked"}}


@pytest.fixture
async def running(office: Office, fake: FakeGitHub, repository: Repository, issue: Issue) -> Job:
    """A job of an issue that somebody who may write has labelled."""
    await fake.people.label(repository, issue, "ann", "jca")
    job = await receive(office, delivered(issue, "ann"))
    await triage.once(office)
    return await tell(office, await present(office, job), "claimed", {"token": "w:1", "worker": "w"})


async def test_a_job_is_told_in_one_comment_from_its_start_to_its_pull_request(
    office: Office, running: Job, issue: Issue, repository: Repository
) -> None:
    await tell(office, running, "stage", {"token": "w:1", "name": "agent", "state": "running"})
    await settle(office)
    under_way = says(issue)
    await tell(office, running, "result", result())
    await settle(office)

    (pull,) = repository.pulls.values()
    done = await present(office, running)
    assert "### ● At work" in under_way
    assert "● agent" in under_way
    assert done.pull_request is not None
    assert (done.status, done.pull_request.state) == (Status.SUCCEEDED, PullRequestState.OPEN)
    assert done.pull_request.url.endswith(f"/pull/{pull.number}")
    told = says(issue)
    assert done.pull_request.url in told
    assert "| `pytest` | ✓ passed |" in told
    assert "15 tokens in 2 requests" in told
    assert "@alice" not in told


@pytest.mark.parametrize("match", [COMMENTS, PULLS])
@pytest.mark.parametrize("kind", [faults.uncertain, faults.dropped])
async def test_an_uncertain_answer_doubles_neither_comment_nor_pull_request(
    office: Office, running: Job, issue: Issue, repository: Repository, fake: FakeGitHub, match: str, kind: object
) -> None:
    fake.faults.add(kind(match))  # type: ignore[operator]
    await tell(office, running, "result", result())
    for _ in range(3):
        await settle(office)
        await office.ledger.write(pass_time)

    assert (await present(office, running)).status is Status.SUCCEEDED
    assert len(repository.pulls) == 1
    assert "ready for review" in says(issue)


async def test_an_answer_that_stays_uncertain_is_looked_for_at_the_next_try(
    office: Office, running: Job, issue: Issue, repository: Repository, fake: FakeGitHub
) -> None:
    fake.faults.add(faults.uncertain(PULLS), faults.failing(r"^GET .*/pulls$", spared=1))
    await tell(office, running, "result", result())
    await settle(office)
    assert (await present(office, running)).status is Status.PUBLISHING
    await office.ledger.write(pass_time)
    await settle(office)

    assert (await present(office, running)).status is Status.SUCCEEDED
    assert len(repository.pulls) == 1
    assert "ready for review" in says(issue)


async def test_a_limit_spends_no_try_and_is_waited_for(office: Office, running: Job, fake: FakeGitHub) -> None:
    fake.faults.add(faults.secondary(r"^(GET|POST|PATCH) ", retry_after=30))
    await tell(office, running, "result", result())
    await settle(office)
    early = await office.ledger.read(outbox.due)
    await office.ledger.write(pass_time)
    due = await office.ledger.read(outbox.due)

    assert early == []
    assert {owed.attempts for owed in due} == {0}
    assert (await present(office, running)).status is Status.PUBLISHING


async def test_while_a_job_is_at_work_its_comment_is_not_edited_more_often_than_people_can_read(
    office: Office, running: Job, issue: Issue, fake: FakeGitHub
) -> None:
    office = replace(office, edit_seconds=60)
    await settle(office)
    first = says(issue)
    await tell(office, running, "stage", {"token": "w:1", "name": "agent", "state": "running"})
    await settle(office)
    assert says(issue) == first
    assert len([seen for seen in fake.requests if seen.method == "PATCH"]) == 0

    await tell(office, running, "result", result(outcome="failed", commit=""))
    await settle(office)
    assert "The run failed" in says(issue)


async def test_labels_show_where_the_job_is(
    office: Office, running: Job, issue: Issue, settled: Settled, github: GitHub
) -> None:
    github_office.connect(settled, github, **MARKS)
    issue.labels += ["blocked", "bug"]
    await settle(office)
    at_work = set(issue.labels)
    await tell(office, running, "result", result())
    await settle(office)

    assert at_work == {"jca", "bug", "working"}
    assert set(issue.labels) == {"jca", "bug", "review"}


async def test_what_could_not_be_shown_is_told_and_fails_no_job(
    office: Office, running: Job, issue: Issue, settled: Settled, github: GitHub
) -> None:
    github_office.connect(settled, github, labels={"review": "nobody-made-this"}, assign="nobody-knows-me")
    await tell(office, running, "result", result())
    await settle(office)

    assert (await present(office, running)).status is Status.SUCCEEDED
    assert "has no label 'nobody-made-this'" in says(issue)
    assert "cannot be assigned" in says(issue)


async def test_a_failing_advisory_validation_makes_a_draft(
    office: Office, running: Job, repository: Repository, settled: Settled
) -> None:
    (shop,) = settled.catalog.repositories
    advisory = shop.model_copy(update={"validation_mode": ValidationMode.ADVISORY})
    settled.catalog = settled.catalog.model_copy(update={"repositories": (advisory,)})
    failing = (CommandOutcome(argv=("pytest",), exit_code=1, seconds=1),)
    reason = because(Code.UNVALIDATED, "The host ran it: failed.")
    await tell(office, running, "result", result(validation=failing, reason=reason))
    await settle(office)

    (pull,) = repository.pulls.values()
    assert pull.draft


async def test_a_pull_request_that_people_merged_meanwhile_is_told_as_merged(
    office: Office, running: Job, issue: Issue, repository: Repository, fake: FakeGitHub
) -> None:
    fake.faults.add(faults.uncertain(PULLS), faults.failing(r"^GET .*/pulls$", spared=1))
    await tell(office, running, "result", result(commit="a" * 40))
    await settle(office)
    (pull,) = repository.pulls.values()
    pull.state, pull.merged_at = "closed", now()
    await office.ledger.write(pass_time)
    await settle(office)

    done = await present(office, running)
    assert done.pull_request is not None
    assert done.pull_request.state is PullRequestState.MERGED
    assert "✓ Merged" in says(issue)


async def test_a_ticket_that_was_closed_while_its_job_ran_gets_no_pull_request(
    office: Office, running: Job, issue: Issue, repository: Repository, fake: FakeGitHub
) -> None:
    await fake.people.close(repository, issue, "ann")
    await tell(office, running, "result", result())
    await settle(office)

    assert await status(office, running) == (Status.PUBLISH_FAILED, Code.TICKET_CLOSED.value)
    assert repository.pulls == {}


async def test_a_ticket_that_somebody_else_edited_while_its_job_ran_gets_no_pull_request(
    office: Office, running: Job, issue: Issue, repository: Repository, fake: FakeGitHub
) -> None:
    await fake.people.edit(repository, issue, "eve", "Something else")
    await tell(office, running, "result", result())
    await settle(office)

    assert await status(office, running) == (Status.PUBLISH_FAILED, Code.TEXT_CHANGED.value)
    assert repository.pulls == {}


async def test_a_gateway_that_leads_no_more_writes_nothing(
    office: Office, running: Job, issue: Issue, repository: Repository
) -> None:
    async def lost() -> bool:
        return False

    await tell(office, running, "result", result())
    await publish.once(replace(office, leading=lost))

    assert (issue.comments, repository.pulls) == ([], {})
    await office.ledger.write(pass_time)
    await settle(office)
    assert len(repository.pulls) == 1


async def test_a_job_that_changed_since_it_was_read_is_not_written_about(office: Office, running: Job) -> None:
    await tell(office, running, "usage", {"token": "w:1", "usage": {"requests": 1}})

    with pytest.raises(errors.Conflict):
        await currency.prove(office, running)


async def test_a_report_that_says_nothing_new_is_not_sent(
    office: Office, running: Job, issue: Issue, fake: FakeGitHub
) -> None:
    await settle(office)
    before, told = len(fake.requests), says(issue)
    await office.ledger.write(outbox.owe, running.id, outbox.Effect.REPORT)
    await settle(office)

    assert says(issue) == told
    assert len(fake.requests) == before


async def test_an_older_job_of_a_ticket_does_not_change_what_its_labels_show(
    office: Office, running: Job, issue: Issue, settled: Settled, github: GitHub
) -> None:
    github_office.connect(settled, github, **MARKS)
    await tell(office, running, "result", result(outcome="failed", commit=""))
    await settle(office)
    blocked = set(issue.labels)
    newer = await receive(office, delivered(issue, "ann"))
    await triage.once(office)
    await tell(office, await present(office, newer), "claimed", {"token": "w:2", "worker": "w"})
    await office.ledger.write(outbox.owe, running.id, outbox.Effect.CONCLUDE)
    await settle(office)

    assert blocked == {"jca", "blocked"}
    assert set(issue.labels) == {"jca", "working"}
