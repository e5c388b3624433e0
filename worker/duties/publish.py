"""Publish: every effect that is owed to a tracker, until it is there."""

from __future__ import annotations

import structlog

from jobs.job import Job, Status, advance
from jobs.ledger import outbox, records, runs
from jobs.results import PullRequest, PullRequestState
from worker.duties import report
from worker.duties.office import Office

log = structlog.get_logger()


async def once(office: Office) -> int:
    """Perform what is due; returns how much that was."""
    async with office.ledger.read() as tx:
        due = await outbox.due(tx)
    for owed in due:
        try:
            await _PERFORM[owed.effect](office, owed)
        except Exception as error:  # noqa: BLE001 - whatever one effect meets, the others are owed as well
            why = f"{type(error).__name__}: {error}"
            log.warning("effect_postponed", effect=owed.effect.value, job=owed.job_id, why=why)
            async with office.ledger.write() as tx:
                await outbox.postpone(tx, owed, why)
    return len(due)


async def _open_pull_request(office: Office, owed: outbox.Owed) -> None:
    job = await _job(office, owed)
    if job.status is Status.PUBLISHING:
        opened = await office.tracker(job.ticket.source).open_pull_request(job, await _draft(office, job))
        job = advance(job, Status.SUCCEEDED, job.reason, pull_request=opened)
    async with office.ledger.write() as tx:
        if job.status is Status.SUCCEEDED and job.pull_request:
            await records.save(tx, job, who="publish", why=f"{job.pull_request.state}: {job.branch}")
        await outbox.done(tx, owed)
        await outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _report(office: Office, owed: outbox.Owed) -> None:
    job = await _job(office, owed)
    await office.tracker(job.ticket.source).report(job, report.report(job))
    async with office.ledger.write() as tx:
        await outbox.done(tx, owed)


async def _job(office: Office, owed: outbox.Owed) -> Job:
    async with office.ledger.read() as tx:
        return await records.get(tx, owed.job_id)


async def _draft(office: Office, job: Job) -> PullRequest:
    catalog = await office.catalog()
    repository = catalog.repository(job.repository)
    async with office.ledger.read() as tx:
        diff = await runs.diff(tx, job.id)
    return PullRequest(
        state=PullRequestState.RECORDED,
        branch=job.branch,
        base_branch=job.directives.base or (repository.default_branch if repository else ""),
        commit=job.commit,
        title=f"{job.ticket.title} ({job.ticket.key})",
        body=report.pull_request_body(job, diff),
    )


_PERFORM = {outbox.Effect.PULL_REQUEST: _open_pull_request, outbox.Effect.REPORT: _report}
