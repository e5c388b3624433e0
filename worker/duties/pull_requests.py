"""The pull request of a job whose commit is pushed."""

from __future__ import annotations

import structlog

from jobs import errors
from jobs.job import Job, Status, advance
from jobs.ledger import outbox, records, runs
from jobs.ledger.database import Transaction
from jobs.reasons import Code, Reason, because
from worker.duties import currency, owing
from worker.duties.office import Office
from worker.duties.proposal import proposal
from worker.trackers.protocol import Opened

log = structlog.get_logger()


async def open_owed(office: Office, owed: outbox.Owed) -> None:
    """Open it, or find the one that is there; a ticket that is gone, closed or changed has none.

    Raises:
        errors.JcaError: as `CodeHost.open_pull_request`.
        errors.Conflict: the job is not current any more.
    """
    job = await office.ledger.read(records.get, owed.job_id)
    if job.status is not Status.PUBLISHING:
        await office.ledger.write(outbox.done, owed)
        return
    if reason := await currency.obstacle(office, job):
        await office.ledger.write(_stopped, owed, job, reason)
        return
    opened = await _open(office, job)
    notes = tuple(dict.fromkeys((*job.notes, *opened.notes)))
    done = advance(job, Status.SUCCEEDED, job.reason, pull_request=opened.pull_request, notes=notes)
    await office.ledger.write(_published, owed, done)


def give_up(tx: Transaction, job_id: str, why: str) -> None:
    """Leave it to a person: the commit is pushed, and a retry repeats only this."""
    job = records.get(tx, job_id)
    if job.status is Status.PUBLISHING:
        _fail(tx, job, because(Code.PUBLISH_FAILED, f"The pull request could not be opened: {why}"))


async def _open(office: Office, job: Job) -> Opened:
    repository = (await office.catalog()).repository(job.repository)
    if repository is None:
        raise errors.NotFound(f"The repository {job.repository} is not configured any more.")
    host = await office.code_host(repository)
    draft = proposal(job, repository, await office.ledger.read(runs.diff, job.id))
    await currency.prove(office, job)
    return await host.open_pull_request(job, repository, draft)


def _published(tx: Transaction, owed: outbox.Owed, job: Job) -> None:
    state = job.pull_request.state if job.pull_request else ""
    records.save(tx, job, who="publish", why=f"{state}: {job.branch}")
    outbox.done(tx, owed)
    owing.tell(tx, job)


def _stopped(tx: Transaction, owed: outbox.Owed, job: Job, reason: Reason) -> None:
    outbox.done(tx, owed)
    _fail(tx, job, reason)


def _fail(tx: Transaction, job: Job, reason: Reason) -> None:
    saved = records.save(tx, advance(job, Status.PUBLISH_FAILED, reason), who="publish")
    owing.tell(tx, saved)
