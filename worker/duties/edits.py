"""Edits: the text of a ticket changed while its job was not done yet.

By somebody who may write: a job that waits makes way for a fresh one with the new text, one that runs goes on with the
text it was started for and says so. By anybody else: neither goes on, until somebody who may write says so.
"""

from __future__ import annotations

from jobs import errors
from jobs.job import Job, Status, advance
from jobs.ledger import outbox, records
from jobs.ledger.commands import Command
from jobs.ledger.database import Transaction
from jobs.reasons import Code, Reason, because
from worker.duties import owing
from worker.duties.authorizing import Gate, access
from worker.duties.office import Office

GOES_ON = "The ticket was edited by {who} after the run began; this run goes on with the text it was started for."


async def settle(office: Office, command: Command) -> str:
    """Let an unfinished job follow an edit of its ticket; returns what became of it, one sentence.

    Raises:
        errors.TryAgain: the tracker or the queue does not answer at present.
        errors.NotReady: our credential may not ask.
        errors.Conflict: the job changed meanwhile; the next call looks again.
    """
    job = await office.ledger.read(records.unfinished_for, command.source, command.ticket_key)
    if job is None or command.ticket is None or job.ticket.fingerprint() == command.ticket.fingerprint():
        return "No job works on an earlier text."
    if job.status is Status.RECEIVED:
        return "The job was not decided yet; it is decided by the text as it is then."
    if job.status is Status.PUBLISHING:
        return "The job is being published; the ticket is looked at once more before that."
    if await _may_write(office, command, job):
        return await _follow(office, command, job)
    reason = because(
        Code.TEXT_CHANGED,
        f"{command.actor.id}, who may not start jobs here, changed the ticket after it was asked for.",
    )
    await _stop(office, job, Status.DENIED, reason)
    return "The job was stopped: the text was changed by somebody who may not write."


async def _may_write(office: Office, command: Command, job: Job) -> bool:
    catalog, source = await office.catalog(), (await office.sources()).get(command.source)
    repository = catalog.repository(job.repository)
    if source is None or repository is None or command.ticket is None:
        return False
    gate = Gate(await office.tracker(source.name), source, command.ticket, repository)
    return (await access(gate, command.actor)).allowed


async def _follow(office: Office, command: Command, job: Job) -> str:
    if job.status is Status.RUNNING:
        await office.ledger.write(_note, job, GOES_ON.format(who=command.actor.id))
        return "The run goes on with the earlier text."
    reason = because(
        Code.SUPERSEDED, f"{command.actor.id} edited the ticket; a new job works on the text as it is now."
    )
    await _stop(office, job, Status.SUPERSEDED, reason, command)
    return "A new job works on the text as it is now."


async def _stop(office: Office, job: Job, status: Status, reason: Reason, successor: Command | None = None) -> None:
    """End the job in the record first, so that nothing its worker still says is believed; then tell the queue."""
    await office.ledger.write(_end, job, status, reason, successor)
    try:
        await office.dispatch.withdraw(job.dispatch_id)
    except errors.TryAgain:
        return  # reconcile withdraws what the record has ended


def _end(tx: Transaction, job: Job, status: Status, reason: Reason, successor: Command | None) -> None:
    owing.tell(tx, records.save(tx, advance(job, status, reason), who="edits"))
    if successor and successor.ticket:
        fresh = Job(ticket=successor.ticket, actor=successor.actor)
        records.insert_job(tx, fresh, who="edits", why=f"edited by {successor.actor.id}; follows job {job.id}")


def _note(tx: Transaction, job: Job, sentence: str) -> None:
    if sentence not in job.notes:
        records.save(tx, job.model_copy(update={"notes": (*job.notes, sentence)}), who="edits")
        outbox.owe(tx, job.id, outbox.Effect.REPORT)
