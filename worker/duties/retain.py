"""Retain: jobs that ended longer ago than the installation keeps them are forgotten, bodies of deliveries sooner."""

from __future__ import annotations

from datetime import timedelta

import structlog

from jobs.job import now
from jobs.ledger import retention
from worker.duties.office import Office

BODIES = timedelta(days=7)
"""How long a delivery can be replayed as it was received."""

log = structlog.get_logger()


async def once(office: Office) -> int:
    """Forget what is too old; returns how many jobs that were."""
    await _forget_bodies(office)
    if not office.retention_days:
        return 0
    moment, forgotten = now() - timedelta(days=office.retention_days), 0
    while found := (await office.ledger.write(retention.forget_before, moment)).jobs:
        forgotten += len(found)
    if forgotten:
        log.info("jobs_forgotten", count=forgotten, older_than_days=office.retention_days)
    return forgotten


async def _forget_bodies(office: Office) -> None:
    forgotten = 1
    while forgotten:
        forgotten = await office.ledger.write(retention.forget_bodies, now() - BODIES)
