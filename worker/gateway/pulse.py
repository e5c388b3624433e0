"""Whether anything on the queue page changed, looked up once a second however many pages ask."""

from __future__ import annotations

import asyncio
import hashlib
from time import monotonic

from aiohttp import web

from jobs import errors
from jobs.holds import Hold
from jobs.job import Job, Status, now
from jobs.ledger import holds, records, runs
from jobs.ledger.database import Transaction
from jobs.queue.place import GONE, Place
from worker.gateway import standing
from worker.gateway.services import Services

INTERVAL = 1.0  # seconds


class Pulse:
    """A digest of what the queue page shows first."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._lock = asyncio.Lock()
        self._taken = 0.0
        self._digest = ""

    async def digest(self) -> str:
        """Sixteen characters that differ when the queue or a provider's readiness does."""
        async with self._lock:
            if monotonic() - self._taken >= INTERVAL or not self._digest:
                self._digest = await self._look()
                self._taken = monotonic()
            return self._digest

    async def _look(self) -> str:
        return _hash(await self._services.ledger.read(_queue), await _said(self._services))


async def of_job(services: Services, job_id: str) -> str:
    """The same for one job's page."""
    job, stages, held = await services.ledger.read(_job, job_id)
    if job.status is not Status.QUEUED:
        return _hash(job.version, stages)
    return _hash(job.version, stages, held, await _said(services), await _place(services, job))


def _queue(tx: Transaction) -> tuple[object, ...]:
    newest = records.listing(tx, records.Filter())
    active = records.with_status(tx, (Status.RUNNING, Status.PUBLISHING))
    versions = [(job.id, job.version) for job in (*newest, *active)]
    stages = [runs.stages(tx, job.id, job.run) for job in active]
    return sorted(records.counts(tx).items()), versions, stages, holds.present(tx)


def _job(tx: Transaction, job_id: str) -> tuple[Job, list[runs.Stage], list[Hold]]:
    job = records.get(tx, job_id)
    return job, runs.stages(tx, job_id, job.run), holds.present(tx)


async def _place(services: Services, job: Job) -> Place:
    try:
        return await services.dispatch.place(job.dispatch_id)
    except errors.TryAgain:
        return GONE


async def _said(services: Services) -> list[tuple[str, str, str, str, str]]:
    found = await standing.look(services, now())
    return [(entry.account, entry.model, entry.worker, entry.state.value, entry.reason) for entry in found.live]


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


PULSE: web.AppKey[Pulse] = web.AppKey("pulse", Pulse)
