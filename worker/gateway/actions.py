"""What a person may do to jobs and repositories. Every act leaves an audit entry in its transaction."""

from __future__ import annotations

from jobs import errors, provisioning
from jobs.catalog import Repository
from jobs.job import ENDED, Job, Status, advance
from jobs.ledger import attempts, audit, configuration, outbox, records
from jobs.ledger.database import Transaction
from jobs.reasons import Code, because
from worker.gateway.services import Services

UNFINISHED = tuple(status for status in Status if status not in ENDED)

RETRIABLE = frozenset(ENDED - {Status.SUCCEEDED, Status.SUPERSEDED})
"""How a job may have ended to be started again."""


async def cancel(services: Services, job_id: str, who: str) -> Job:
    """Stop a job.

    One that waits comes back as `cancelled`. One that runs is told to stop and comes back unchanged: its executor
    keeps what was made and reports the end.

    Raises:
        errors.NotFound: there is no such job.
        errors.Conflict: it has ended, or its commit is already pushed.
        errors.TryAgain: it is on its way between two workers.
    """
    job = await services.ledger.read(records.get, job_id)
    _check_can_stop(job)
    placed = await services.dispatch.cancel(job.dispatch_id)
    if placed == "unknown" and job.status is Status.RUNNING:
        raise errors.TryAgain(f"Job {job.id} is changing hands.", remedy="Cancel it again in a few seconds.")
    if placed == "stopping":
        await services.ledger.write(audit.note, actor=who, action="job.stop", subject=job.id, detail=job.ticket.key)
        return job
    return await services.ledger.write(_record_cancelled, job_id, who)


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
    reason = because(Code.CANCELLED, f"Cancelled by {who}.")
    saved = records.save(tx, advance(job, Status.CANCELLED, reason), who=who)
    outbox.owe(tx, job.id, outbox.Effect.REPORT)
    audit.note(tx, actor=who, action="job.cancel", subject=job.id, detail=job.ticket.key)
    return saved


async def retry(services: Services, job_id: str, who: str) -> Job:
    """Start an ended job again.

    Where only its publishing failed and the commit is pushed, that alone is repeated. Every other job goes back to the
    beginning: triage reads the ticket and decides afresh.

    Raises:
        errors.NotFound: there is no such job.
        errors.Conflict: it has not ended, needs no retry, or its ticket has another unfinished job.
    """
    again = await services.ledger.write(_retry, job_id, who)
    services.wake()
    return again


def _retry(tx: Transaction, job_id: str, who: str) -> Job:
    job = records.get(tx, job_id)
    _check_can_retry(tx, job)
    if job.status is Status.PUBLISH_FAILED and _pushed(tx, job):
        again = records.save(tx, advance(job, Status.PUBLISHING), who=who, why="Published again.")
        outbox.owe(tx, job.id, outbox.Effect.PULL_REQUEST)
    else:
        again = records.save(tx, advance(job, Status.RECEIVED), who=who, why="Retried.")
    audit.note(tx, actor=who, action="job.retry", subject=job.id, detail=job.ticket.key)
    return again


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


async def put_repository(services: Services, repository: Repository, who: str) -> Repository:
    """Add a repository or replace the one with its alias; jobs that are triaged from now on see it.

    Raises:
        errors.Refused: the provisioned file sets it.
    """
    _check_repository_unlocked(services, repository.alias)
    await services.ledger.write(_put_repository, repository, who)
    return repository


def _put_repository(tx: Transaction, repository: Repository, who: str) -> None:
    configuration.put_repository(tx, repository)
    audit.note(tx, actor=who, action="repository.put", subject=repository.alias, detail=repository.url)


async def remove_repository(services: Services, alias: str, who: str) -> None:
    """Remove a repository.

    Raises:
        errors.NotFound: there is none of that alias.
        errors.Refused: the provisioned file sets it.
        errors.Conflict: an unfinished job uses it; the message names the job.
    """
    _check_repository_unlocked(services, alias)
    await services.ledger.write(_remove_repository, alias, who)


def _remove_repository(tx: Transaction, alias: str, who: str) -> None:
    users = records.listing(tx, records.Filter(statuses=UNFINISHED, repository=alias), limit=1)
    if users:
        message = f"Repository {alias} is in use by job {users[0].id} ({users[0].ticket.key})."
        raise errors.Conflict(message, remedy="Wait for it to end or cancel it.")
    if not configuration.remove_repository(tx, alias):
        raise errors.NotFound(f"There is no repository {alias}.", remedy="`jca repos list` shows those that exist.")
    audit.note(tx, actor=who, action="repository.remove", subject=alias)


def _check_repository_unlocked(services: Services, alias: str) -> None:
    file = provisioning.read_file(services.settings.config_file)
    if alias in {repository.alias for repository in file.repositories}:
        remedy = "Change it there and restart the gateway."
        raise errors.Refused(f"Repository {alias} is set by JCA_CONFIG_FILE.", remedy=remedy)
