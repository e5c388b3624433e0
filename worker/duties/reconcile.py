"""Reconcile: ledger and queue are brought to agree, both ways; only then may anything be claimed from a new queue.

What the ledger promised and the queue does not know is dispatched again. What the queue knows and the ledger has ended
is withdrawn. What the queue knows and the ledger does not, as after a restored backup, is recorded again.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import structlog

from jobs import errors
from jobs.job import Job, Status, advance, now
from jobs.ledger import holds, records
from jobs.ledger.database import Transaction
from jobs.reasons import Code, because
from worker.duties import dispatching, fold, owing, recovery, rules
from worker.duties.office import Office

log = structlog.get_logger()

DISPATCHED = (Status.QUEUED, Status.RUNNING)

SETTLING = timedelta(seconds=30)
"""How long a worker may hold a job whose end is already recorded: it reports the end before it lets go."""


async def once(office: Office) -> int:
    """Bring both to agree, and open a queue that has lost its state; returns how many dispatches were mended.

    The queue is asked first and the events are folded after it: an executor reports its result before it lets go of a
    job, so whatever left the queue in an orderly way is no longer `queued` or `running` when the ledger is read again.
    """
    server = await office.dispatch.server()
    promised = await office.ledger.read(records.dispatch_ids, DISPATCHED)
    present = set(await office.dispatch.ids())
    missing, strange = promised - present, present - promised
    if missing or strange:
        await fold.everything(office)
    mended = await _dispatch_again(office, missing) + sum([await _examine(office, one) for one in sorted(strange)])
    await rules.once(office)
    if not server.open and await office.dispatch.open(server.run_id):
        log.info("dispatch_opened", dispatched_again=len(missing))
    return mended


async def _dispatch_again(office: Office, missing: Collection[str]) -> int:
    """Dispatch what the ledger still promises of these."""
    if not missing:
        return 0
    catalog, present = await office.catalog(), await office.ledger.read(holds.present)
    forgotten = await office.ledger.read(records.dispatched_as, missing, DISPATCHED)
    for job in forgotten:
        log.info("dispatched_again", **job.log_context())
        try:
            await dispatching.dispatch(office, await _waiting(office, job), catalog, present)
        except errors.NotFound as error:
            await office.ledger.write(_give_up, job, error)
    return len(forgotten)


async def _waiting(office: Office, job: Job) -> Job:
    if job.status is Status.QUEUED:
        return job
    why = "the queue had lost it; dispatched again"
    return await office.ledger.write(records.save, advance(job, Status.QUEUED), who="reconcile", why=why)


async def _examine(office: Office, dispatch_id: str) -> int:
    """Decide about a dispatch that the ledger did not expect; 1 when something was done."""
    job = await office.ledger.read(records.find, dispatch_id.rpartition(".")[0])
    if job is not None and job.dispatch_id == dispatch_id and job.status in DISPATCHED:
        return 0  # it was dispatched a moment ago
    order = await office.dispatch.order(dispatch_id)
    if order is not None and (job is None or job.run < order.run):
        await office.ledger.write(recovery.record_waiting, job, order)
        log.info("recorded_again", job=order.job, run=order.run)
        return 1
    running = (await office.dispatch.place(dispatch_id)).state == "running"
    if running and job is not None and now() - job.updated_at < SETTLING:
        return 0
    await office.dispatch.withdraw(dispatch_id)
    log.info("dispatch_withdrawn", dispatch_id=dispatch_id)
    return 1


def _give_up(tx: Transaction, job: Job, error: errors.NotFound) -> None:
    reason = because(Code.REPOSITORY_UNKNOWN, error.message, "Add the repository again, then retry the job.")
    owing.tell(tx, records.save(tx, advance(job, Status.FAILED, reason), who="reconcile"))
