"""Fold: what was reported becomes the record, once, and only when it comes from the claim that holds the job."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs.events import NewLine
from jobs.job import Job, Status
from jobs.ledger import attempts, holds, records, runs
from jobs.reasons import Code, because
from jobs.results import Usage
from tests.integration.duties.offices import present, result, running, tell
from worker.duties import fold, publish
from worker.duties.office import Office

LATER = datetime(2100, 1, 1, 9, 30, tzinfo=UTC)


async def _attempts(office: Office, job: Job) -> list[tuple[str, str]]:
    return [(one.token, one.outcome) for one in await office.ledger.read(attempts.of_job, job.id)]


async def test_a_published_result_keeps_stages_log_and_evidence(office: Office) -> None:
    job = await running(office)
    await office.logs.append(job.id, [NewLine(run=1, stage="agent", kind="agent", text="I look.")])
    await office.events.report(job.dispatch_id, "stage", {"name": "agent", "state": "running", "token": "w:1"})
    await office.events.report(job.dispatch_id, "stage", {"name": "agent", "state": "done", "token": "w:1"})
    assert (await tell(office, job, "result", result())).status is Status.PUBLISHING
    await publish.once(office)
    await publish.once(office)

    (stage,) = await office.ledger.read(runs.stages, job.id, 1)
    report = await office.ledger.read(runs.report, job.id)
    assert (stage.name, stage.state) == ("agent", "done")
    assert [line.text for line in await office.ledger.read(runs.archived, job.id)] == ["I look."]
    assert "| `pytest` | ✓ passed |" in report
    assert "@alice" not in report
    assert await _attempts(office, job) == [("w:1", "published")]


async def test_the_word_of_an_earlier_claim_is_not_believed(office: Office) -> None:
    job = await running(office, token="w:1")
    await tell(office, job, "lost", {})
    await tell(office, job, "claimed", {"token": "v:2", "worker": "v"})
    await tell(office, job, "stage", {"name": "agent", "state": "failed", "token": "w:1"})
    now = await tell(office, job, "result", result("w:1"))

    assert (now.status, now.worker, now.commit) == (Status.RUNNING, "v", "")
    assert await office.ledger.read(runs.stages, job.id, 1) == []
    assert await _attempts(office, job) == [("w:1", "lost"), ("v:2", "running")]


async def test_a_claim_whose_predecessor_was_never_heard_to_end_takes_its_place(office: Office) -> None:
    job = await running(office, token="w:1")
    now = await tell(office, job, "claimed", {"token": "v:2", "worker": "v"})

    assert (now.status, now.claim) == (Status.RUNNING, "v:2")
    assert await _attempts(office, job) == [("w:1", "lost"), ("v:2", "running")]


async def test_an_event_told_twice_has_its_effect_once(office: Office) -> None:
    job = await running(office)
    for _ in range(2):
        await office.events.report(job.dispatch_id, "result", result())
    await fold.everything(office)

    history = [step.status for step in await office.ledger.read(records.history, job.id)]
    assert history.count(Status.PUBLISHING) == 1


async def test_an_event_nobody_can_read_does_not_stop_the_others(office: Office) -> None:
    job = await running(office)
    for nonsense in ({}, {"token": "w:1"}, {"token": "w:1", "result": {"outcome": "eaten"}}):
        for kind in ("result", "stage", "parked", "usage"):
            await office.events.report(job.dispatch_id, kind, nonsense)

    assert (await tell(office, job, "result", result())).status is Status.PUBLISHING


async def test_a_failed_run_keeps_its_change_and_reports(office: Office) -> None:
    job = await running(office)
    reason = because(Code.VALIDATION_FAILED, "`pytest` failed with exit code 1.")
    now = await tell(office, job, "result", result(outcome="failed", reason=reason, branch="", commit=""))
    await publish.once(office)

    assert (now.status, now.reason, now.branch) == (Status.FAILED, reason, job.branch)
    assert await office.ledger.read(runs.diff, job.id) is not None
    assert "The run failed" in await office.ledger.read(runs.report, job.id)


async def test_a_run_that_met_a_quota_waits_at_its_place_and_holds_its_account(office: Office) -> None:
    job = await running(office)
    reason = because(Code.QUOTA_REACHED, "The provider limits how often it may be asked.")
    told = result(outcome="parked", reason=reason, branch="", commit="", until=LATER)
    now = await tell(office, job, "parked", told)
    await tell(office, job, "released", {"token": "w:1"})
    [hold] = await office.ledger.read(holds.present)

    assert (now.status, now.run, now.queued_at) == (Status.QUEUED, 1, job.queued_at)
    assert (hold.subject, hold.until, hold.by) == ("account:qwen", LATER, "w")
    assert hold.reason == reason
    assert await _attempts(office, job) == [("w:1", "parked")]


async def test_a_run_whose_push_failed_ends_publish_failed_with_its_evidence(office: Office) -> None:
    job = await running(office)
    reason = because(Code.PUBLISH_FAILED, "The remote did not answer.")
    now = await tell(office, job, "result", result(outcome="unpublished", reason=reason, branch="", commit=""))

    assert (now.status, now.reason, now.commit) == (Status.PUBLISH_FAILED, reason, "")
    assert now.validation


async def test_what_an_attempt_spent_is_kept_with_it(office: Office) -> None:
    job = await running(office)
    usage = Usage(requests=1, input_tokens=100, output_tokens=20, usd=0.25)
    await tell(office, job, "usage", {"token": "w:1", "usage": usage.model_dump()})
    await tell(office, job, "lost", {"token": "w:1"})

    [attempt] = await office.ledger.read(attempts.of_job, job.id)
    assert (attempt.tokens, attempt.usd, attempt.outcome) == (120, 0.25, "lost")


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        ("cancelled", Status.CANCELLED, Code.CANCELLED),
        ("crashed", Status.FAILED, Code.WORKER_CRASHED),
        ("failed", Status.FAILED, Code.INTERNAL_ERROR),
    ],
)
async def test_a_run_that_the_queue_ended_says_why(office: Office, kind: str, status: Status, code: Code) -> None:
    job = await running(office)
    now = await tell(office, job, kind, {"deaths": [{"worker": "w", "at": 1774958400000}]})

    assert (now.status, now.reason and now.reason.code) == (status, code)
    assert await _attempts(office, job) == [("w:1", kind)]


async def test_a_crashed_job_names_every_death(office: Office) -> None:
    job = await running(office)
    deaths = [{"worker": "w", "at": 1774958400000}, {"worker": "v", "at": 1774958460000}]
    await tell(office, job, "crashed", {"deaths": deaths})
    reason = (await present(office, job)).reason

    assert reason is not None
    assert "w at 2026-03-31 12:00:00 UTC, v at 2026-03-31 12:01:00 UTC" in reason.sentence
