"""Labels, state, assignee and links of a ticket, and the verdict beside the commit: they follow the job."""

from __future__ import annotations

from collections.abc import Sequence

from jobs import errors
from jobs.job import Job, Status
from jobs.ledger import outbox, records
from jobs.ledger.database import Transaction
from worker.duties import currency
from worker.duties.office import Office

MOST_NOTES = 12  # of one job; more would only be the same trouble again


async def conclude_owed(office: Office, owed: outbox.Owed) -> None:
    """Bring them in line; what could not be done is noted with the job and shown in its report.

    Raises:
        errors.JcaError: as `Tracker.conclude`.
        errors.Conflict: the job is not current any more.
    """
    job = await office.ledger.read(records.get, owed.job_id)
    if await office.ledger.read(_is_latest, job):  # an older job of the ticket has nothing more to show on it
        tracker = await office.tracker(job.ticket.source)
        await currency.prove(office, job)
        warnings = (*await tracker.conclude(job), *await _verdict(office, job))
        await office.ledger.write(note, job, warnings)
    await office.ledger.write(outbox.done, owed)


def note(tx: Transaction, job: Job, warnings: Sequence[str]) -> None:
    """Keep warnings with the job, and let its report say what is new of them."""
    notes = tuple(dict.fromkeys((*job.notes, *warnings)))[-MOST_NOTES:]
    if notes != job.notes:
        records.save(tx, job.model_copy(update={"notes": notes}), who="publish")
        outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _verdict(office: Office, job: Job) -> tuple[str, ...]:
    repository = (await office.catalog()).repository(job.repository)
    if job.status is not Status.SUCCEEDED or repository is None:
        return ()
    try:
        return await (await office.code_host(repository)).show_verdict(job, repository)
    except (errors.NotReady, errors.Refused, errors.BadInput) as error:
        return (f"The verdict could not be shown beside the commit: {error}",)


def _is_latest(tx: Transaction, job: Job) -> bool:
    return records.latest_for(tx, job.ticket.source, job.ticket.key) == job.id
