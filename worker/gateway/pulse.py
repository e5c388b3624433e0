"""Whether anything on the queue page changed, looked up once a second however many pages ask."""

from __future__ import annotations

import asyncio
import hashlib
from time import monotonic

from aiohttp import web

from jobs.job import Status, now
from jobs.ledger import records, runs
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
        async with self._services.ledger.read() as tx:
            counts = sorted((await records.counts(tx)).items())
            newest = await records.listing(tx, records.Filter())
            active = await records.with_status(tx, (Status.RUNNING, Status.PUBLISHING))
            stages = [await runs.stages(tx, job.id, job.run) for job in active]
        versions = [(job.id, job.version) for job in (*newest, *active)]
        return _hash(counts, versions, stages, await _said(self._services))


async def of_job(services: Services, job_id: str) -> str:
    """The same for one job's page."""
    async with services.ledger.read() as tx:
        job = await records.get(tx, job_id)
        stages = await runs.stages(tx, job_id, job.run)
    return _hash(job.version, stages, job.status is Status.QUEUED and await _said(services))


async def _said(services: Services) -> list[tuple[str, str, str, str]]:
    found = await standing.look(services, now())
    return [(entry.account, entry.worker, entry.state.value, entry.reason) for entry in found.live]


def _hash(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


PULSE: web.AppKey[Pulse] = web.AppKey("pulse", Pulse)
