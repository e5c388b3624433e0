"""What a change of a job owes to its ticket."""

from __future__ import annotations

from jobs.job import Job
from jobs.ledger import outbox
from jobs.ledger.database import Transaction


def tell(tx: Transaction, job: Job) -> None:
    """Let labels, state and report of the ticket follow the job, which has just been saved."""
    outbox.owe(tx, job.id, outbox.Effect.CONCLUDE)
    outbox.owe(tx, job.id, outbox.Effect.REPORT)
