"""Publish: each effect that is owed is there once, or a person hears why not."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from jobs import errors
from jobs.job import Job, Status, now
from jobs.ledger import audit, outbox, runs, schema
from jobs.ledger.database import Transaction
from jobs.reasons import Code
from jobs.results import PullRequestState
from tests.integration.duties.offices import Flaky, Settled, present, result, running, tell
from worker.duties import publish
from worker.duties.office import Office


@pytest.fixture
def host(settled: Settled) -> Flaky:
    assert isinstance(settled.host, Flaky)
    return settled.host


async def _publishing(office: Office) -> Job:
    return await tell(office, await running(office), "result", result())


def pass_time(tx: Transaction) -> None:
    """As if the time of every next try had come."""
    tx.execute(update(schema.outbox).values(due_at=now().isoformat()))


async def _again(office: Office) -> None:
    await office.ledger.write(pass_time)
    await publish.once(office)


async def test_a_published_result_becomes_a_pull_request_and_a_report(office: Office) -> None:
    job = await _publishing(office)
    await publish.once(office)
    await publish.once(office)
    done = await present(office, job)

    assert done.status is Status.SUCCEEDED
    assert done.pull_request is not None
    assert (done.pull_request.state, done.pull_request.base_branch) == (PullRequestState.RECORDED, "main")
    assert "ready for review" in await office.ledger.read(runs.report, job.id)


async def test_a_tracker_that_fails_is_asked_again_and_acts_once(office: Office, host: Flaky) -> None:
    host.failures = 1
    job = await _publishing(office)
    await publish.once(office)
    assert (await present(office, job)).status is Status.PUBLISHING
    await _again(office)

    assert (await present(office, job)).status is Status.SUCCEEDED
    assert host.opened == ["jca/k-1-fix-it"]


async def test_a_tracker_that_keeps_failing_leaves_the_job_to_a_person(office: Office, host: Flaky) -> None:
    host.failures = publish.MOST_ATTEMPTS
    job = await _publishing(office)
    for _ in range(publish.MOST_ATTEMPTS):
        assert (await present(office, job)).status is Status.PUBLISHING
        await _again(office)
    ended = await present(office, job)
    await publish.once(office)

    assert (ended.status, ended.reason and ended.reason.code) == (Status.PUBLISH_FAILED, Code.PUBLISH_FAILED)
    assert ended.commit
    assert "could not be opened: The tracker said no." in await office.ledger.read(runs.report, job.id)


async def test_what_another_try_cannot_change_is_not_tried_again(office: Office, host: Flaky) -> None:
    host.failures, host.error = 1, errors.Refused
    job = await _publishing(office)
    await publish.once(office)

    assert (await present(office, job)).status is Status.PUBLISH_FAILED
    assert host.failures == 0


async def test_a_report_that_cannot_be_delivered_is_noted_and_the_job_stays_as_it_ended(office: Office) -> None:
    job = await _publishing(office)
    await publish.once(office)
    owed = next(one for one in await office.ledger.read(outbox.due) if one.effect is outbox.Effect.REPORT)
    await office.ledger.write(publish.give_up, owed, "The tracker said no.")
    await publish.once(office)

    assert (await present(office, job)).status is Status.SUCCEEDED
    [entry] = await office.ledger.read(audit.recent)
    assert (entry.action, entry.subject, entry.detail) == ("report.given_up", job.id, "The tracker said no.")
    assert await office.ledger.read(outbox.due) == []
