"""Retain: jobs that ended longer ago than the installation keeps them are forgotten."""

from __future__ import annotations

from datetime import timedelta

import structlog

from jobs.job import now
from jobs.ledger import retention
from worker.duties.office import Office

log = structlog.get_logger()


async def once(office: Office) -> int:
    """Forget what is too old; returns how many jobs that were."""
    if not office.retention_days:
        return 0
    moment, forgotten = now() - timedelta(days=office.retention_days), 0
    while found := (await office.ledger.write(retention.forget_before, moment)).jobs:
        forgotten += len(found)
    if forgotten:
        log.info("jobs_forgotten", count=forgotten, older_than_days=office.retention_days)
    return forgotten
