"""Jobs in the ledger, on every database JCA runs on."""

from __future__ import annotations

import asyncio

import pytest

from jobs import errors
from jobs.job import Job, Status, advance
from jobs.ledger import outbox, records, runs
from jobs.ledger.database import Ledger, Transaction
from jobs.reasons import Code, because
from jobs.ticket import Ticket


def _job(key: str = "PAY-1", title: str = "Totals are wrong") -> Job:
    return Job(ticket=Ticket(source="local", key=key, title=title, body="words"))


async def _insert(ledger: Ledger, job: Job) -> Job:
    await ledger.write(records.insert_job, job, who="test", why="it arrived")
    return job


async def test_a_job_comes_back_as_it_went_in(ledger: Ledger) -> None:
    job = await _insert(ledger, _job(title="Ümläute, 'quotes' and 🐛"))

    assert await ledger.read(records.get, job.id) == job
    with pytest.raises(errors.NotFound, match="no job nothing"):
        await ledger.read(records.get, "nothing")


async def test_of_two_that_change_the_same_job_one_is_told(ledger: Ledger) -> None:
    job = await _insert(ledger, _job())
    await ledger.write(records.save, advance(job, Status.QUEUED), who="first")

    with pytest.raises(errors.Conflict):
        await ledger.write(records.save, advance(job, Status.CANCELLED), who="second")
    assert (await ledger.read(records.get, job.id)).status is Status.QUEUED


async def test_every_transition_is_kept_once_with_who_and_why(ledger: Ledger) -> None:
    job = await _insert(ledger, _job())
    reason = because(Code.ACTOR_NOT_ALLOWED, "mallory may not.", "Ask an administrator.")
    saved = await ledger.write(records.save, advance(job, Status.DENIED, reason), who="triage")
    await ledger.write(records.save, saved.model_copy(update={"summary": "no new status"}), who="nobody")

    history = await ledger.read(records.history, job.id)
    assert [(step.status, step.who, step.why) for step in history] == [
        (Status.RECEIVED, "test", "it arrived"),
        (Status.DENIED, "triage", "mallory may not. Ask an administrator."),
    ]


async def test_nothing_of_a_transaction_that_raises_is_kept(ledger: Ledger) -> None:
    job = _job()

    def break_off(tx: Transaction) -> None:
        records.insert_job(tx, job, who="test", why="")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await ledger.write(break_off)

    assert await ledger.read(records.find, job.id) is None


async def test_lists_are_filtered_searched_and_paged_newest_first(ledger: Ledger) -> None:
    jobs = [await _insert(ledger, _job(key=f"PAY-{n}", title=f"100%_{n} wrong")) for n in range(7)]
    await ledger.write(records.save, advance(jobs[3], Status.QUEUED), who="test")

    newest = await ledger.read(records.listing, records.Filter(), limit=3)
    older = await ledger.read(records.listing, records.Filter(before=newest[-1].id), limit=3)
    queued = await ledger.read(records.listing, records.Filter(statuses=(Status.QUEUED,)))
    found = await ledger.read(records.listing, records.Filter(text="pay-2 WRONG"))
    literal = await ledger.read(records.listing, records.Filter(text="100%_4"))
    counts = await ledger.read(records.counts)

    assert [job.id for job in newest + older] == sorted((job.id for job in jobs), reverse=True)[:6]
    assert [job.id for job in queued] == [jobs[3].id]
    assert [job.ticket.key for job in found] == ["PAY-2"]
    assert [job.ticket.key for job in literal] == ["PAY-4"]
    assert counts == {Status.RECEIVED: 6, Status.QUEUED: 1}


async def test_many_writers_at_once_all_get_through(ledger: Ledger) -> None:
    await asyncio.gather(*(_insert(ledger, _job(key=f"K-{n}")) for n in range(40)))

    assert await ledger.read(records.counts) == {Status.RECEIVED: 40}


async def test_an_owed_effect_stays_until_it_is_done_and_waits_longer_each_time(ledger: Ledger) -> None:
    job = await _insert(ledger, _job())

    def settle(tx: Transaction) -> None:
        outbox.owe(tx, job.id, outbox.Effect.REPORT)
        outbox.owe(tx, job.id, outbox.Effect.REPORT)
        (owed,) = outbox.due(tx)
        outbox.postpone(tx, owed, "no answer")
        assert outbox.due(tx) == []
        outbox.owe(tx, job.id, outbox.Effect.REPORT)
        (again,) = outbox.due(tx)
        outbox.done(tx, again)
        assert outbox.due(tx) == []

    await ledger.write(settle)


async def test_a_diff_is_replaced_by_the_next_one(ledger: Ledger) -> None:
    await ledger.write(runs.put_diff, "j", runs.Diff(text="first", truncated=False))
    await ledger.write(runs.put_diff, "j", runs.Diff(text="second", truncated=True))

    assert await ledger.read(runs.diff, "j") == runs.Diff(text="second", truncated=True)
    assert await ledger.read(runs.diff, "other") is None
