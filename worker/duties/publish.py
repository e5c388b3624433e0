"""Publish: every effect that is owed to a tracker, until it is there or cannot be."""

from __future__ import annotations

import structlog

from jobs import errors
from jobs.job import Job, Status, advance
from jobs.ledger import audit, outbox, records, runs
from jobs.ledger.database import Transaction
from jobs.reasons import Code, because
from jobs.results import PullRequest, PullRequestState
from worker.duties import report
from worker.duties.office import Office

log = structlog.get_logger()

MOST_ATTEMPTS = 9
"""Tries of one effect, over about nine minutes, before a person has to look."""

PERMANENT = (errors.BadInput, errors.NotFound, errors.NotReady, errors.Refused)
"""What another try will not change."""


async def once(office: Office) -> int:
    """Perform what is due; returns how much that was."""
    due = await office.ledger.read(outbox.due)
    for owed in due:
        try:
            await _PERFORM[owed.effect](office, owed)
        except Exception as error:  # noqa: BLE001 - whatever one effect meets, the others are owed as well
            why = str(error) if isinstance(error, errors.JcaError) else f"{type(error).__name__}: {error}"
            final = isinstance(error, PERMANENT) or owed.attempts + 1 >= MOST_ATTEMPTS
            log.warning("effect_failed", effect=owed.effect.value, job=owed.job_id, why=why, final=final)
            await office.ledger.write(give_up if final else outbox.postpone, owed, why)
    return len(due)


async def _open_pull_request(office: Office, owed: outbox.Owed) -> None:
    job = await office.ledger.read(records.get, owed.job_id)
    if job.status is Status.PUBLISHING:
        opened = await office.tracker(job.ticket.source).open_pull_request(job, await _draft(office, job))
        job = advance(job, Status.SUCCEEDED, job.reason, pull_request=opened)
    await office.ledger.write(_published, owed, job)


def _published(tx: Transaction, owed: outbox.Owed, job: Job) -> None:
    if job.status is Status.SUCCEEDED and job.pull_request:
        records.save(tx, job, who="publish", why=f"{job.pull_request.state}: {job.branch}")
    outbox.done(tx, owed)
    outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _report(office: Office, owed: outbox.Owed) -> None:
    job = await office.ledger.read(records.get, owed.job_id)
    await office.tracker(job.ticket.source).report(job, report.report(job))
    await office.ledger.write(outbox.done, owed)


def give_up(tx: Transaction, owed: outbox.Owed, why: str) -> None:
    """Nothing more is tried by itself: the job says so, or, where only its report is missing, the audit log does."""
    outbox.done(tx, owed)
    if owed.effect is outbox.Effect.REPORT:
        audit.note(tx, actor="publish", action="report.given_up", subject=owed.job_id, detail=why)
        return
    job = records.get(tx, owed.job_id)
    if job.status is Status.PUBLISHING:
        reason = because(Code.PUBLISH_FAILED, f"The pull request could not be opened: {why}")
        records.save(tx, advance(job, Status.PUBLISH_FAILED, reason), who="publish")
        outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _draft(office: Office, job: Job) -> PullRequest:
    repository = (await office.catalog()).repository(job.repository)
    diff = await office.ledger.read(runs.diff, job.id)
    return PullRequest(
        state=PullRequestState.RECORDED,
        branch=job.branch,
        base_branch=job.directives.base or (repository.default_branch if repository else ""),
        commit=job.commit,
        title=f"{job.ticket.title} ({job.ticket.key})",
        body=report.pull_request_body(job, diff),
    )


_PERFORM = {outbox.Effect.PULL_REQUEST: _open_pull_request, outbox.Effect.REPORT: _report}
