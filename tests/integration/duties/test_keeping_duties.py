"""Archive and retain: output is kept while a run goes on, and forgotten when the installation says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from jobs import errors
from jobs.events import NewLine
from jobs.job import Job, now
from jobs.ledger import attempts, deliveries, records, retention, runs, schema
from jobs.ledger.database import Transaction
from jobs.reasons import Code, because
from jobs.ticket import Delivery
from tests.integration.duties.offices import queued, result, running, tell
from worker.duties import archive, retain
from worker.duties.office import Office


def _lines(*texts: str) -> list[NewLine]:
    return [NewLine(run=1, stage="agent", kind="agent", text=text) for text in texts]


async def _ended(office: Office, key: str) -> Job:
    job = await running(office, key, f"w:{key}")
    told = result(f"w:{key}", outcome="failed", reason=because(Code.NOT_SOLVED, "No."), branch="", commit="")
    job = await tell(office, job, "result", told)
    await office.dispatch.withdraw(job.dispatch_id)
    return job


def _age(tx: Transaction, job_id: str, days: int) -> None:
    moment = (now() - timedelta(days=days)).isoformat()
    tx.execute(update(schema.jobs).where(schema.jobs.c.id == job_id).values(updated_at=moment))


def _received(tx: Transaction, delivery_id: str, days: int) -> None:
    moment = (now() - timedelta(days=days)).isoformat()
    table = schema.deliveries
    tx.execute(update(table).where(table.c.id == delivery_id).values(received_at=moment))


async def test_output_is_archived_while_the_run_goes_on(office: Office) -> None:
    job = await running(office)
    await office.logs.append(job.id, _lines("one", "two"))
    assert await archive.once(office) == 2
    await office.logs.append(job.id, _lines("three"))
    assert await archive.once(office) == 1
    assert await archive.once(office) == 0

    archived = await office.ledger.read(runs.archived, job.id)
    assert [line.text for line in archived] == ["one", "two", "three"]


async def test_a_live_stream_is_trimmed_only_where_it_is_archived(office: Office) -> None:
    job = await running(office)
    await office.logs.append(job.id, _lines(*map(str, range(10))))
    middle = (await office.logs.after(job.id, "0"))[5].id
    await office.logs.trim(job.id, middle, keep=2)

    assert [line.text for line in await office.logs.after(job.id, "0")] == ["4", "5", "6", "7", "8", "9"]


async def test_jobs_that_ended_long_ago_are_forgotten_with_all_that_is_theirs(office: Office) -> None:
    old, young, waiting = await _ended(office, "K-1"), await _ended(office, "K-2"), await queued(office, "K-3")
    for job, days in ((old, 31), (young, 29), (waiting, 99)):
        await office.ledger.write(_age, job.id, days)

    assert await retain.once(replace(office, retention_days=30)) == 1
    found = [await office.ledger.read(records.find, job.id) for job in (old, young, waiting)]
    assert [job is not None for job in found] == [False, True, True]
    assert await office.ledger.read(attempts.of_job, old.id) == []
    assert await office.ledger.read(runs.diff, old.id) is None


async def test_without_a_retention_everything_is_kept(office: Office) -> None:
    job = await _ended(office, "K-1")
    await office.ledger.write(_age, job.id, 5000)

    assert await retain.once(office) == 0
    assert await office.ledger.read(records.find, job.id) is not None


async def test_bodies_of_deliveries_are_forgotten_after_a_week_and_the_rest_of_them_is_kept(office: Office) -> None:
    for number in (1, 2):
        sent = {"source": "local", "key": f"{number}", "content_hash": "", "event": "ticket", "body": b"{}"}
        delivery = Delivery.model_validate({"id": f"d-{number}", "outcome": "ignored", **sent})
        await office.ledger.write(deliveries.record, delivery)
    await office.ledger.write(_received, "d-1", 8)

    await retain.once(office)

    assert (await office.ledger.read(deliveries.stored, "d-2")).body == b"{}"
    with pytest.raises(errors.Conflict, match="not kept any more"):
        await office.ledger.read(deliveries.stored, "d-1")
    assert len(await office.ledger.read(deliveries.recent)) == 2


async def test_a_ticket_is_purged_only_when_none_of_its_jobs_is_under_way(office: Office) -> None:
    ended = await _ended(office, "K-1")
    again = await queued(office, "K-1")
    with pytest.raises(errors.Conflict, match=again.id):
        await office.ledger.write(retention.purge_ticket, "local", "K-1")
    assert await office.ledger.read(records.find, ended.id) is not None
