"""The duties on a real ledger and a real Valkey: what was promised is kept, what is stale is not believed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from jobs import errors
from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile, Repository, Source
from jobs.events import Events, Logs, NewLine
from jobs.job import Job, Status
from jobs.ledger import migrate, outbox, records, runs
from jobs.ledger.database import Ledger
from jobs.queue import connection
from jobs.queue.dispatch import Dispatch
from jobs.reasons import Code, because
from jobs.results import CommandOutcome, PullRequest, PullRequestState, Usage
from jobs.run_result import RunResult
from jobs.ticket import Person, Ticket
from worker.duties import fold, publish, reconcile, triage
from worker.duties.office import Office
from worker.trackers.record import RecordTracker

CATALOG = Catalog(
    repositories=(Repository(alias="shop", url="/srv/shop"),),
    providers=(
        ProviderProfile(
            name="qwen",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://localhost/v1",
            default_model="qwen3",
            models=(Model(id="qwen3"),),
        ),
    ),
)
SOURCES = {
    "local": Source(name="local", kind="local", secrets=(SecretStr("0123456789abcdef"),), repositories=("shop",)),
}


@dataclass
class Flaky:
    """A tracker that fails as often as it is told."""

    inner: RecordTracker
    failures: int = 0
    opened: list[str] = field(default_factory=list)

    async def open_pull_request(self, job: Job, draft: PullRequest) -> PullRequest:
        if self.failures:
            self.failures -= 1
            raise errors.TryAgain
        self.opened.append(job.branch)
        return await self.inner.open_pull_request(job, draft)

    async def report(self, job: Job, body: str) -> None:
        await self.inner.report(job, body)


@pytest.fixture
async def office(redis: Redis, tmp_path: Path) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrate.upgrade(url)
    ledger = Ledger.open(url)
    tracker = Flaky(RecordTracker(ledger))

    async def catalog() -> Catalog:
        return CATALOG

    async def sources() -> dict[str, Source]:
        return SOURCES

    yield Office(ledger, Dispatch(redis), Events(redis), Logs(redis), catalog, sources, lambda _source: tracker)
    await ledger.close()


async def _received(office: Office, key: str = "K-1", body: str = "") -> Job:
    ticket = Ticket(source="local", key=key, title="Fix it", body=body, labels=("jca",), repository="shop")
    job = Job(ticket=ticket, actor=Person(id="alice"))
    async with office.ledger.write() as tx:
        await records.insert_job(tx, job, who="receiver", why="delivered")
    return job


async def _queued(office: Office) -> Job:
    job = await _received(office)
    await triage.once(office)
    return await _now(office, job)


async def _running(office: Office, token: str = "w:1") -> Job:
    job = await _queued(office)
    await office.events.report(job.dispatch_id, "claimed", {"token": token, "worker": "w"})
    await fold.once(office)
    return await _now(office, job)


async def _now(office: Office, job: Job) -> Job:
    async with office.ledger.read() as tx:
        return await records.get(tx, job.id)


def _published(**changes: object) -> dict[str, object]:
    result = RunResult(
        outcome="published",
        reason=because(Code.VALIDATED, "The host ran it: passed."),
        branch="jca/k-1-fix-it",
        commit="c" * 40,
        summary="Done, @alice.",
        files=("a.py",),
        diff="diff --git a/a.py b/a.py\n",
        validation=(CommandOutcome(argv=("pytest",), exit_code=0, seconds=1),),
        usage=Usage(requests=2, input_tokens=10, output_tokens=5),
    )
    return {"token": "w:1", "result": result.model_copy(update=changes).model_dump(mode="json")}


async def test_an_admitted_job_is_dispatched_and_says_why(office: Office) -> None:
    job = await _queued(office)

    assert (job.status, job.run, job.repository) == (Status.QUEUED, 1, "shop")
    assert job.selection is not None
    assert await office.dispatch.known([job.dispatch_id]) == {job.dispatch_id}


async def test_a_denied_job_owes_a_report_and_is_not_dispatched(office: Office) -> None:
    job = await _received(office, body="[JCA]\nprovider=skynet\n[/JCA]")
    await triage.once(office)
    await publish.once(office)
    denied = await _now(office, job)

    assert (denied.status, denied.reason and denied.reason.code) == (Status.DENIED, Code.PROVIDER_UNKNOWN)
    async with office.ledger.read() as tx:
        assert "Nothing was started" in await runs.report(tx, job.id)
    assert await office.dispatch.known([f"{job.id}.1"]) == set()


async def test_triage_does_not_need_the_queue(office: Office, tmp_path: Path) -> None:
    away = replace(office, dispatch=Dispatch(connection.connect(f"unix://{tmp_path}/nobody.sock")))
    jobs = [await _received(office, f"K-{n}") for n in range(3)]
    await triage.once(away)

    assert [(await _now(office, job)).status for job in jobs] == [Status.QUEUED] * 3
    assert await reconcile.once(office) == 3


async def test_a_published_result_becomes_a_pull_request_and_a_report(office: Office) -> None:
    job = await _running(office)
    await office.logs.append(job.id, [NewLine(run=1, stage="agent", kind="agent", text="I look.")])
    await office.events.report(job.dispatch_id, "stage", {"name": "agent", "state": "running"})
    await office.events.report(job.dispatch_id, "stage", {"name": "agent", "state": "done"})
    await office.events.report(job.dispatch_id, "result", _published())
    await fold.once(office)
    assert (await _now(office, job)).status is Status.PUBLISHING
    await publish.once(office)
    await publish.once(office)
    done = await _now(office, job)

    assert done.status is Status.SUCCEEDED
    assert done.pull_request is not None
    assert (done.pull_request.state, done.pull_request.base_branch) == (PullRequestState.RECORDED, "main")
    async with office.ledger.read() as tx:
        (stage,) = await runs.stages(tx, job.id, 1)
        report = await runs.report(tx, job.id)
        assert [line.text for line in await runs.archived(tx, job.id)] == ["I look."]
    assert (stage.name, stage.state) == ("agent", "done")
    assert "| `pytest` | ✓ passed |" in report
    assert "@alice" not in report


async def test_the_word_of_an_earlier_claim_is_not_believed(office: Office) -> None:
    job = await _running(office, token="w:1")
    await office.events.report(job.dispatch_id, "lost", {})
    await office.events.report(job.dispatch_id, "claimed", {"token": "v:2", "worker": "v"})
    await office.events.report(job.dispatch_id, "result", _published())
    await fold.once(office)

    now = await _now(office, job)
    assert (now.status, now.worker, now.commit) == (Status.RUNNING, "v", "")


async def test_an_event_told_twice_has_its_effect_once(office: Office) -> None:
    job = await _running(office)
    for _ in range(2):
        await office.events.report(job.dispatch_id, "result", _published())
    await fold.once(office)
    await fold.once(office)

    async with office.ledger.read() as tx:
        history = [step.status for step in await records.history(tx, job.id)]
    assert history.count(Status.PUBLISHING) == 1


async def test_an_event_nobody_can_read_does_not_stop_the_others(office: Office) -> None:
    job = await _running(office)
    for nonsense in ({}, {"token": "w:1"}, {"token": "w:1", "result": {"outcome": "eaten"}}):
        await office.events.report(job.dispatch_id, "result", nonsense)
        await office.events.report(job.dispatch_id, "stage", nonsense)
    await office.events.report(job.dispatch_id, "result", _published())
    await fold.once(office)

    assert (await _now(office, job)).status is Status.PUBLISHING


async def test_a_failed_run_keeps_its_change_and_reports(office: Office) -> None:
    job = await _running(office)
    reason = because(Code.VALIDATION_FAILED, "`pytest` failed with exit code 1.")
    failed = _published(outcome="failed", reason=reason, branch="", commit="")
    await office.events.report(job.dispatch_id, "result", failed)
    await fold.once(office)
    await publish.once(office)

    now = await _now(office, job)
    assert (now.status, now.reason) == (Status.FAILED, reason)
    assert now.branch == job.branch
    async with office.ledger.read() as tx:
        kept = await runs.diff(tx, job.id)
        assert "The run failed" in await runs.report(tx, job.id)
    assert kept is not None


async def test_a_tracker_that_fails_is_asked_again_and_acts_once(office: Office) -> None:
    tracker = office.tracker("local")
    assert isinstance(tracker, Flaky)
    tracker.failures = 1
    job = await _running(office)
    await office.events.report(job.dispatch_id, "result", _published())
    await fold.once(office)
    await publish.once(office)
    assert (await _now(office, job)).status is Status.PUBLISHING
    async with office.ledger.write() as tx:
        await outbox.owe(tx, job.id, outbox.Effect.PULL_REQUEST)  # as if its time had come
    await publish.once(office)

    assert (await _now(office, job)).status is Status.SUCCEEDED
    assert tracker.opened == ["jca/k-1-fix-it"]


@pytest.mark.parametrize("running", [False, True])
async def test_what_redis_forgot_is_dispatched_again(office: Office, redis: Redis, running: bool) -> None:
    job = await (_running(office) if running else _queued(office))
    await redis.flushall()

    assert await reconcile.once(office) == 1
    assert (await _now(office, job)).status is Status.QUEUED
    assert await office.dispatch.known([job.dispatch_id]) == {job.dispatch_id}
    assert await reconcile.once(office) == 0


async def test_a_job_that_has_just_ended_is_not_dispatched_again(office: Office, redis: Redis) -> None:
    job = await _running(office)
    await office.events.report(job.dispatch_id, "result", _published())  # told, not folded yet
    await redis.delete(*[key async for key in redis.scan_iter("*") if b"events" not in key])

    assert await reconcile.once(office) == 0
    assert (await _now(office, job)).status is Status.PUBLISHING


async def test_a_cancelled_or_crashed_run_ends_with_its_reason(office: Office) -> None:
    for kind, status, code in (
        ("cancelled", Status.CANCELLED, Code.CANCELLED),
        ("crashed", Status.FAILED, Code.WORKER_CRASHED),
        ("failed", Status.FAILED, Code.INTERNAL_ERROR),
    ):
        job = await _running(office)
        await office.events.report(job.dispatch_id, kind, {"crashes": 3})
        await fold.once(office)
        now = await _now(office, job)

        assert (now.status, now.reason and now.reason.code) == (status, code)
