"""What rows need to know beside their jobs, gathered once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jobs import errors
from jobs.job import Job, Status
from jobs.ledger import runs
from jobs.ledger.database import Transaction
from worker.gateway.services import Services
from worker.gateway.standing import Standing
from worker.gateway.views import Scene, current_stage


async def look(services: Services, tx: Transaction, jobs: Sequence[Job], at: tuple[Standing, datetime]) -> Scene:
    """The scene of these jobs at one moment, with the standing that was found then."""
    standing, moment = at
    return Scene(standing, moment, await _positions(services, jobs), await _stages(tx, jobs))


async def _stages(tx: Transaction, jobs: Sequence[Job]) -> dict[str, str]:
    running = [job for job in jobs if job.status is Status.RUNNING]
    found = {job.id: current_stage(await runs.stages(tx, job.id, job.run)) for job in running}
    publishing = {job.id: "pull request" for job in jobs if job.status is Status.PUBLISHING}
    return {job_id: name for job_id, name in (found | publishing).items() if name}


async def _positions(services: Services, jobs: Sequence[Job]) -> dict[str, int]:
    waiting = {job.dispatch_id: job.id for job in jobs if job.status is Status.QUEUED}
    try:
        places = await services.dispatch.places(waiting) if waiting else {}
    except errors.TryAgain:
        return {}
    return {waiting[dispatch_id]: place.position for dispatch_id, place in places.items()}
