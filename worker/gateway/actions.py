"""What a person may do to jobs. Every act leaves an audit entry in its transaction."""

from __future__ import annotations

from jobs.job import Job
from worker import steering
from worker.gateway.services import Services


async def cancel(services: Services, job_id: str, who: str) -> Job:
    """Stop a job, as `steering.cancel` does.

    Raises:
        errors.JcaError: as there.
    """
    return await steering.cancel(services.ledger, services.dispatch, job_id, who)


async def retry(services: Services, job_id: str, who: str) -> Job:
    """Start an ended job again, as `steering.retry` does.

    Raises:
        errors.JcaError: as there.
    """
    again = await services.ledger.write(steering.retry, job_id, who)
    services.wake()
    return again
