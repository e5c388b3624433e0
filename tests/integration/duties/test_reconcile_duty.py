"""Reconcile: ledger and queue agree, whichever of them has lost something."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from redis.asyncio import Redis

from jobs import holds
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.job import Status, advance
from jobs.ledger import holds as kept
from jobs.ledger import records
from jobs.ledger.database import Ledger
from jobs.reasons import Code, because
from tests.integration.duties.offices import Settled, make_office, present, queued, result, running, tell
from worker.duties import fold, reconcile, triage
from worker.duties.office import Office


@pytest.mark.parametrize("begin", [queued, running])
async def test_what_redis_forgot_is_dispatched_again_at_its_place(office: Office, redis: Redis, begin: object) -> None:
    job = await (running(office) if begin is running else queued(office))
    await redis.flushall()

    assert await reconcile.once(office) == 1
    again = await present(office, job)
    assert (again.status, again.queued_at) == (Status.QUEUED, job.queued_at)
    assert await office.dispatch.ids() == [job.dispatch_id]
    assert await reconcile.once(office) == 0


async def test_a_queue_that_lost_its_state_is_opened_only_when_everything_is_back(office: Office, redis: Redis) -> None:
    jobs = [await queued(office, f"K-{n}") for n in range(3)]
    hold = Hold(subject=holds.repository("shop"), reason=because(Code.PAUSED, "Paused."), by="alice")
    await office.ledger.write(kept.put, hold)
    await redis.flushall()
    assert not (await office.dispatch.server()).open

    await reconcile.once(office)

    assert (await office.dispatch.server()).open
    assert set(await office.dispatch.ids()) == {job.dispatch_id for job in jobs}
    assert await office.dispatch.holds() == {"repository:shop": None}


async def test_a_job_that_has_just_ended_is_not_dispatched_again(office: Office, redis: Redis) -> None:
    job = await running(office)
    await office.events.report(job.dispatch_id, "result", result())  # told, not folded yet
    await redis.delete(*[key async for key in redis.scan_iter("*") if b"events" not in key])

    assert await reconcile.once(office) == 0
    assert (await present(office, job)).status is Status.PUBLISHING


async def test_what_the_ledger_has_ended_is_withdrawn_from_the_queue(office: Office) -> None:
    job = await queued(office)
    ended = advance(job, Status.CANCELLED, because(Code.CANCELLED, "Cancelled by alice."))
    await office.ledger.write(records.save, ended, who="alice")

    assert await reconcile.once(office) == 1
    assert await office.dispatch.ids() == []
    await fold.everything(office)
    assert (await present(office, job)).status is Status.CANCELLED


async def test_a_job_that_only_the_queue_remembers_is_recorded_again(
    office: Office, redis: Redis, tmp_path: Path, settled: Settled
) -> None:
    known = await queued(office, "K-1")
    copy = _backup(tmp_path)
    lost = await queued(office, "K-2")
    older = make_office(Ledger.open(f"sqlite:///{copy}"), redis, settled)

    assert await reconcile.once(older) == 1
    again = await present(older, lost)
    await older.ledger.close()

    assert (again.status, again.run, again.ticket, again.actor) == (Status.QUEUED, 1, lost.ticket, lost.actor)
    assert (again.branch, again.repository) == (lost.branch, "shop")
    assert set(await office.dispatch.ids()) == {known.dispatch_id, lost.dispatch_id}


async def test_a_retry_that_only_the_queue_remembers_is_recorded_again(
    office: Office, redis: Redis, tmp_path: Path, settled: Settled
) -> None:
    job = await running(office)
    failed = result(outcome="failed", reason=because(Code.NOT_SOLVED, "No."), branch="", commit="")
    job = await tell(office, job, "result", failed)
    await office.dispatch.withdraw(job.dispatch_id)
    copy = _backup(tmp_path)
    await office.ledger.write(records.save, advance(job, Status.RECEIVED), who="alice")
    await triage.once(office)
    older = make_office(Ledger.open(f"sqlite:///{copy}"), redis, settled)

    assert await reconcile.once(older) == 1
    again = await present(older, job)
    await older.ledger.close()

    assert (again.status, again.run) == (Status.QUEUED, 2)


async def test_a_run_that_ended_after_the_backup_is_dispatched_again(
    office: Office, redis: Redis, tmp_path: Path, settled: Settled
) -> None:
    """The run then finds its branch at the remote and only publishes."""
    job = await running(office)
    copy = _backup(tmp_path)
    await tell(office, job, "result", result())
    await tell(office, job, "finished", {"token": "w:1"})  # the stream keeps its last event only
    await office.dispatch.withdraw(job.dispatch_id)
    older = make_office(Ledger.open(f"sqlite:///{copy}"), redis, settled)

    assert await reconcile.once(older) == 1
    again = await present(older, job)
    await older.ledger.close()

    assert again.status is Status.QUEUED
    assert await office.dispatch.ids() == [job.dispatch_id]


async def test_a_result_of_a_run_that_the_ledger_has_lost_is_recorded(
    office: Office, redis: Redis, tmp_path: Path, settled: Settled
) -> None:
    await queued(office, "K-1")
    copy = _backup(tmp_path)
    lost = await queued(office, "K-2")
    order = await office.dispatch.order(lost.dispatch_id)
    assert order is not None
    await office.dispatch.withdraw(lost.dispatch_id)
    older = make_office(Ledger.open(f"sqlite:///{copy}"), redis, settled)
    told = result("w:7") | {"order": order.model_dump(mode="json")}
    await older.events.report(lost.dispatch_id, "result", told)
    await fold.everything(older)
    again = await present(older, lost)
    await older.ledger.close()

    assert (again.status, again.commit, again.ticket.key) == (Status.PUBLISHING, "c" * 40, "K-2")


async def test_a_job_whose_repository_is_gone_ends_with_the_reason(
    office: Office, redis: Redis, settled: Settled
) -> None:
    job = await queued(office)
    settled.catalog = Catalog(providers=settled.catalog.providers)
    await redis.flushall()
    await reconcile.once(office)
    now = await present(office, job)

    assert (now.status, now.reason and now.reason.code) == (Status.FAILED, Code.REPOSITORY_UNKNOWN)


def _backup(directory: Path) -> Path:
    """What a copy of the ledger's files, taken now, would be restored to."""
    copy = directory / "backup.db"
    for suffix in ("", "-wal"):
        shutil.copy(directory / f"ledger.db{suffix}", f"{copy}{suffix}")
    return copy
