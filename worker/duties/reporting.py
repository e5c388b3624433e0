"""The one comment of a job on its ticket: edited in place, not more often than people can read."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from jobs import errors, holds
from jobs.job import Job, Status, now
from jobs.ledger import holds as kept_holds
from jobs.ledger import outbox, records, runs
from jobs.ledger.database import Transaction
from worker.duties import currency
from worker.duties.office import Office
from worker.duties.receipt import receipt


async def report_owed(office: Office, owed: outbox.Owed) -> None:
    """Show how the job stands; edits are put off until the last one is old enough.

    Raises:
        errors.JcaError: as `Tracker.report`.
        errors.Conflict: the job is not current any more.
    """
    job = await office.ledger.read(records.get, owed.job_id)
    kept = await office.ledger.read(runs.report_kept, job.id)
    if kept and (again := _next_edit(job, kept, office.edit_seconds)) > now():
        await office.ledger.write(outbox.defer, owed, again)
        return
    body = receipt(job, await office.ledger.read(runs.stages, job.id, job.run), await _waits(office, job))
    if kept is None or kept.body != body:
        tracker = await office.tracker(job.ticket.source)
        await currency.prove(office, job)
        await tracker.report(job, body)
    await office.ledger.write(_reported, owed, body)


def _next_edit(job: Job, kept: runs.Report, seconds: float) -> datetime:
    """When the report may be edited next; how a job ended is told at once."""
    just_ended = job.ended_at is not None and job.ended_at > kept.updated_at
    return kept.updated_at if just_ended else kept.updated_at + timedelta(seconds=seconds)


def _reported(tx: Transaction, owed: outbox.Owed, body: str) -> None:
    runs.put_report(tx, owed.job_id, body)
    outbox.done(tx, owed)


async def _waits(office: Office, job: Job) -> str:
    """Why a job has not started yet, as far as the record and the queue tell."""
    if job.status is not Status.QUEUED:
        return ""
    if hold := holds.of(job, await office.ledger.read(kept_holds.present)):
        return str(hold.reason)
    with contextlib.suppress(errors.TryAgain):
        place = await office.dispatch.place(job.dispatch_id)
        if place.position:
            return f"It is number {place.position} in the queue of {place.account}."
    return ""
