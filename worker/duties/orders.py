"""From a queued job to the work order an executor gets."""

from __future__ import annotations

from jobs import errors
from jobs.catalog import Catalog, Workspace
from jobs.directives import Directives
from jobs.job import Job
from jobs.order import Limits, WorkOrder


def order_for(job: Job, catalog: Catalog) -> WorkOrder:
    """Write the order of a job's present run.

    Raises:
        errors.NotFound: its repository was removed, or nothing was selected yet.
    """
    repository = catalog.repository(job.repository)
    if repository is None or job.selection is None:
        raise errors.NotFound(
            f"The repository {job.repository or '(none)'} of job {job.id} is not configured any more."
        )
    return WorkOrder(
        job=job.id,
        run=job.run,
        ticket=job.ticket,
        actor=job.actor,
        repository=repository,
        base_branch=job.directives.base or repository.default_branch,
        branch=job.branch,
        provider=job.selection.provider,
        model=job.selection.model,
        inline_context=job.directives.inline_context,
        effort=job.directives.effort,
        limits=limits_for(job.directives, catalog.workspace),
    )


def limits_for(directives: Directives, workspace: Workspace) -> Limits:
    """What a run may spend: the ticket may ask for less than the workspace allows, never for more."""
    usd = [limit for limit in (directives.budget_usd, workspace.max_usd) if limit is not None]
    return Limits(
        turns=workspace.max_turns,
        tokens=min(directives.budget_tokens or workspace.max_tokens, workspace.max_tokens),
        usd=min(usd, default=None),
        seconds=min(directives.timeout_seconds or workspace.max_seconds, workspace.max_seconds),
    )
