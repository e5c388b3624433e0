"""Reconcile: what the ledger promised and the queue does not know any more is dispatched again."""

from __future__ import annotations

import structlog

from jobs import errors
from jobs.job import Job, Status, advance
from jobs.ledger import outbox, records
from jobs.reasons import Code, because
from worker.duties import fold, orders
from worker.duties.office import Office

log = structlog.get_logger()

DISPATCHED = (Status.QUEUED, Status.RUNNING)


async def once(office: Office) -> int:
    """Dispatch again what is missing; returns how much that was.

    The queue is asked first and the events are folded after it: an executor reports its result before it lets go of a
    job, so whatever left the queue in an orderly way is no longer `queued` or `running` when the ledger is read again.
    """
    promised = {job.dispatch_id for job in await _dispatched(office)}
    missing = promised - await office.dispatch.known(sorted(promised))
    if not missing:
        return 0
    while await fold.once(office):
        pass
    forgotten = [job for job in await _dispatched(office) if job.dispatch_id in missing]
    for job in forgotten:
        await _dispatch_again(office, job)
    return len(forgotten)


async def _dispatched(office: Office) -> list[Job]:
    async with office.ledger.read() as tx:
        return await records.with_status(tx, DISPATCHED, limit=100_000)


async def _dispatch_again(office: Office, job: Job) -> None:
    log.info("dispatched_again", **job.log_context())
    try:
        order = orders.order_for(job, await office.catalog())
    except errors.NotFound as error:
        await _give_up(office, job, error)
        return
    if job.status is Status.RUNNING:
        async with office.ledger.write() as tx:
            why = "the queue had lost it; dispatched again"
            await records.save(tx, advance(job, Status.QUEUED), who="reconcile", why=why)
    await office.dispatch.enqueue(order)


async def _give_up(office: Office, job: Job, error: errors.NotFound) -> None:
    reason = because(Code.REPOSITORY_UNKNOWN, error.message, "Add the repository again, then retry the job.")
    async with office.ledger.write() as tx:
        await records.save(tx, advance(job, Status.FAILED, reason), who="reconcile")
        await outbox.owe(tx, job.id, outbox.Effect.REPORT)
