"""Recovery: a run that the ledger does not know, as after a restored backup, is recorded from its work order."""

from __future__ import annotations

from datetime import datetime

from jobs.job import Job, Status, now
from jobs.ledger import attempts, records
from jobs.ledger.database import Transaction
from jobs.order import WorkOrder
from worker.duties import orders

WHY = "the ledger did not know this run; recorded again from its order"


def record_waiting(tx: Transaction, job: Job | None, order: WorkOrder) -> Job:
    """Record a run that waits in the queue; `job` is the older record there may be."""
    return _record(tx, job, orders.job_of(order, job))


def record_running(tx: Transaction, job: Job | None, order: WorkOrder, token: str, at: datetime) -> Job:
    """Record a run that a worker reports about, under the token of its claim."""
    told = {"status": Status.RUNNING, "claim": token, "worker": token.rpartition(":")[0], "started_at": now()}
    running = _record(tx, job, orders.job_of(order, job).model_copy(update=told))
    attempts.begin(tx, running, at)
    return running


def _record(tx: Transaction, job: Job | None, recovered: Job) -> Job:
    if job is None:
        records.insert_job(tx, recovered, who="recovery", why=WHY)
        return recovered
    return records.save(tx, recovered, who="recovery", why=WHY)
