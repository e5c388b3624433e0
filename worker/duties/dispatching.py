"""Dispatching: a queued job goes into the queue, at its place and under the holds that concern it."""

from __future__ import annotations

from collections.abc import Collection

from jobs import holds
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.job import Job
from worker.duties import orders, rules
from worker.duties.office import Office


async def dispatch(office: Office, job: Job, catalog: Catalog, present: Collection[Hold]) -> None:
    """Put a queued job into the queue; doing it again changes nothing.

    Args:
        office: the parts.
        job: queued, in the run that is to be started.
        catalog: the configuration in force.
        present: the holds that count now; those of persons and tickets put the dispatch off.

    Raises:
        errors.NotFound: its repository was removed.
        errors.TryAgain: the queue does not answer; reconcile dispatches it later.
    """
    order = orders.order_for(job, catalog)
    put_off = holds.of(job, [hold for hold in present if not holds.of_lanes(hold.subject)])
    await office.dispatch.enqueue(
        order,
        priority=order.repository.priority,
        since=job.queued_at,
        not_before=rules.not_before(put_off) if put_off else None,
    )
