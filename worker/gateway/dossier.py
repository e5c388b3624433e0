"""What the ledger knows about one job, all of one moment."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.job import Job
from jobs.ledger import attempts, records, runs
from jobs.ledger.attempts import Attempt
from jobs.ledger.database import Transaction
from jobs.ledger.records import Transition
from jobs.ledger.runs import Stage
from worker.gateway import scene
from worker.gateway.scene import Ground


@dataclass(frozen=True)
class Dossier:
    """A job with what it has left behind."""

    job: Job
    ground: Ground
    """As `scene.look` takes it."""
    stages: tuple[Stage, ...]
    """Of its present run."""
    history: tuple[Transition, ...]
    attempts: tuple[Attempt, ...]
    report: str


def read(tx: Transaction, job_id: str) -> Dossier:
    """Everything about the job with this id.

    Raises:
        errors.NotFound: there is none.
    """
    job = records.get(tx, job_id)
    return Dossier(
        job=job,
        ground=scene.ground(tx, [job]),
        stages=tuple(runs.stages(tx, job_id, job.run)),
        history=tuple(records.history(tx, job_id)),
        attempts=tuple(attempts.of_job(tx, job_id)),
        report=runs.report(tx, job_id),
    )
