"""What rows need to know beside their jobs, gathered once for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs import errors
from jobs.holds import Hold
from jobs.job import Job, Status
from jobs.ledger import attempts, holds, records, runs
from jobs.ledger.database import Transaction
from jobs.queue.place import Place
from worker.gateway import waiting
from worker.gateway.services import Services
from worker.gateway.standing import Standing
from worker.gateway.views import Scene, current_stage
from worker.gateway.waiting import Line, Pace


@dataclass(frozen=True)
class Ground:
    """What the ledger knows for a scene."""

    stages: Mapping[str, str]
    """Stage each job is in that runs or is being published, by id."""
    holds: tuple[Hold, ...]
    paces: Mapping[str, Pace]
    """Of the accounts that something waits for, by name."""


def ground(tx: Transaction, jobs: Sequence[Job]) -> Ground:
    """Everything a scene of these jobs needs of the ledger."""
    accounts = {job.selection.account for job in jobs if job.status is Status.QUEUED and job.selection}
    return Ground(_stages(tx, jobs), tuple(holds.present(tx)), _paces(tx, accounts))


async def look(services: Services, jobs: Sequence[Job], found: Ground, at: tuple[Standing, datetime]) -> Scene:
    """The scene of these jobs at one moment, with what the ledger knows and the standing that was found then."""
    standing, moment = at
    queued = [job for job in jobs if job.status is Status.QUEUED]
    try:
        places = await services.dispatch.places([job.dispatch_id for job in queued]) if queued else {}
        starts = await _starts(services, queued, places, found, at)
    except errors.TryAgain:
        places, starts = {}, {}
    return Scene(standing, moment, found.stages, Line(found.holds, places, starts))


def _stages(tx: Transaction, jobs: Sequence[Job]) -> dict[str, str]:
    running = [job for job in jobs if job.status is Status.RUNNING]
    found = {job.id: current_stage(runs.stages(tx, job.id, job.run)) for job in running}
    publishing = {job.id: "pull request" for job in jobs if job.status is Status.PUBLISHING}
    return {job_id: name for job_id, name in (found | publishing).items() if name}


def _paces(tx: Transaction, accounts: set[str]) -> dict[str, Pace]:
    running = records.with_status(tx, (Status.RUNNING,)) if accounts else []
    return {
        name: Pace(
            durations=attempts.durations(tx, name),
            began=[job.started_at for job in running if job.started_at and _uses(job, name)],
        )
        for name in accounts
    }


def _uses(job: Job, account: str) -> bool:
    return job.selection is not None and job.selection.account == account


async def _starts(
    services: Services,
    queued: Sequence[Job],
    places: Mapping[str, Place],
    found: Ground,
    at: tuple[Standing, datetime],
) -> dict[str, float]:
    if not any(place.position for place in places.values()):
        return {}
    standing, moment = at
    slots = waiting.slots(standing, await services.presence.slots(), await services.catalog())
    return waiting.estimates(queued, places, found.paces, slots, moment)
