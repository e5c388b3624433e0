"""Stopping and starting again, whoever asks: a person at the gateway, or a comment on a ticket."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jobs import actors, errors
from jobs.job import ENDED, Job, Status, advance
from jobs.ledger import attempts, audit, outbox, records
from jobs.ledger.database import Ledger, Transaction
from jobs.queue.dispatch import Dispatch
from jobs.reasons import Code, because

RETRIABLE = frozenset(ENDED - {Status.SUCCEEDED, Status.SUPERSEDED})
"""How a job may have ended to be started again."""


async def cancel(ledger: Ledger, dispatch: Dispatch, job_id: str, who: str) -> Job:
    """Stop a job.

    One that waits comes back as `cancelled`. One that runs is told to stop and comes back unchanged: its executor
    keeps what was made and reports the end.

    Raises:
        errors.NotFound: there is no such job.
        errors.Conflict: it has ended, or its commit is already pushed.
        errors.TryAgain: it is on its way between two workers.
    """
    job = await ledger.read(records.get, job_id)
    _check_can_stop(job)
    placed = await dispatch.cancel(job.dispatch_id)
    if placed == "unknown" and job.status is Status.RUNNING:
        raise errors.TryAgain(f"Job {job.id} is changing hands.", remedy="Cancel it again in a few seconds.")
    if placed == "stopping":
        await ledger.write(audit.note, actor=who, action="job.stop", subject=job.id, detail=job.ticket.key)
        return job
    return await ledger.write(_record_cancelled, job_id, who)


def retry(tx: Transaction, job_id: str, who: str, changes: Mapping[str, object] = MappingProxyType({})) -> Job:
    """Start an ended job again, with `changes` of its record.

    Where only its publishing failed and the commit is pushed, that alone is repeated. Every other job goes back to the
    beginning: triage reads the ticket and decides afresh.

    Raises:
        errors.NotFound: there is no such job.
        errors.Conflict: it has not ended, needs no retry, or its ticket has another unfinished job.
    """
    job = records.get(tx, job_id).model_copy(update=dict(changes))
    _check_can_retry(tx, job)
    if job.status is Status.PUBLISH_FAILED and _pushed(tx, job):
        again = records.save(tx, advance(job, Status.PUBLISHING), who=who, why="Published again.")
        outbox.owe(tx, job.id, outbox.Effect.PULL_REQUEST)
    else:
        again = records.save(tx, advance(job, Status.RECEIVED), who=who, why="Retried.")
    audit.note(tx, actor=who, action="job.retry", subject=job.id, detail=job.ticket.key)
    return again


def _check_can_stop(job: Job) -> None:
    if job.ended:
        raise errors.Conflict(f"Job {job.id} has already ended: it is {job.status}.")
    if job.status is Status.PUBLISHING:
        raise errors.Conflict(
            f"Job {job.id} can no longer be cancelled: its commit is pushed and the pull request is being written.",
            remedy="Close the pull request instead.",
        )


def _record_cancelled(tx: Transaction, job_id: str, who: str) -> Job:
    job = records.get(tx, job_id)
    if job.status is Status.CANCELLED:  # the queue's own word about it was folded first
        return job
    _check_can_stop(job)
    reason = because(Code.CANCELLED, f"Cancelled by {actors.named(who)}.")
    saved = records.save(tx, advance(job, Status.CANCELLED, reason), who=who)
    outbox.owe(tx, job.id, outbox.Effect.REPORT)
    audit.note(tx, actor=who, action="job.cancel", subject=job.id, detail=job.ticket.key)
    return saved


def _pushed(tx: Transaction, job: Job) -> bool:
    """Whether the branch has the commit: a run that could not push has one as well, stored with its worker."""
    ran = attempts.of_job(tx, job.id)
    return bool(ran) and ran[-1].outcome == attempts.PUBLISHED


def _check_can_retry(tx: Transaction, job: Job) -> None:
    if not job.ended:
        raise errors.Conflict(f"Job {job.id} has not ended: it is {job.status}.", remedy="Cancel it first.")
    if job.status not in RETRIABLE:
        raise errors.Conflict(f"Job {job.id} is {job.status}; there is nothing to retry.")
    other = records.unfinished_for(tx, job.ticket.source, job.ticket.key)
    if other is not None:
        message = f"Job {other.id} is already working on {job.ticket.key}."
        raise errors.Conflict(message, remedy="Wait for it to end or cancel it.")
