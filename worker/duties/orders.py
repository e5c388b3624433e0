"""From a queued job to the work order an executor gets."""

from __future__ import annotations

from jobs import context, errors
from jobs.catalog import Catalog, Workspace
from jobs.context import ContextRepository
from jobs.directives import Directives
from jobs.job import Job, Status, now
from jobs.order import Limits, WorkOrder
from jobs.reach import Reach
from jobs.reasons import Reason
from jobs.repository import Repository
from jobs.selection import Selection
from jobs.spending import smallest_cap


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
        context=_context(job.directives, repository, catalog),
        attachments=job.attachments,
        inline_context="\n\n".join(filter(None, (job.directives.inline_context, job.continuation))),
        effort=job.directives.effort,
        limits=limits_for(job.directives, repository, catalog.workspace),
    )


def _context(directives: Directives, work: Repository, catalog: Catalog) -> tuple[ContextRepository, ...]:
    """As triage allowed it; a repository may have been removed since."""
    found = context.resolve(directives, work, Reach(catalog))
    if isinstance(found, Reason):
        raise errors.NotFound(found.sentence, remedy=found.next_step)
    return found


def job_of(order: WorkOrder, job: Job | None) -> Job:
    """The job that an order was written for, as far as the order tells; `job` is an older record of it, if any."""
    limits = order.limits
    told = {
        "status": Status.QUEUED,
        "reason": None,
        "ticket": order.ticket,
        "actor": order.actor,
        "directives": context.written(order.context).model_copy(
            update={
                "base": order.base_branch,
                "inline_context": order.inline_context,
                "effort": order.effort,
                "budget_usd": limits.usd,
                "budget_tokens": limits.tokens,
                "timeout_seconds": int(limits.seconds),
            }
        ),
        "repository": order.repository.alias,
        "attachments": order.attachments,
        "selection": Selection(provider=order.provider, model=order.model),
        "run": order.run,
        "branch": order.branch,
        "queued_at": now(),
    }
    return (job or Job(id=order.job, ticket=order.ticket)).model_copy(update=told)


def limits_for(directives: Directives, repository: Repository, workspace: Workspace) -> Limits:
    """What a run may spend: the ticket may ask for less than the workspace allows, never for more.

    A cap limits each single run too: it fails closed where a model has no known price.
    """
    allowed = (directives.budget_usd, workspace.max_usd, smallest_cap(repository, workspace))
    usd = [limit for limit in allowed if limit is not None]
    return Limits(
        turns=workspace.max_turns,
        tokens=min(directives.budget_tokens or workspace.max_tokens, workspace.max_tokens),
        usd=min(usd, default=None),
        seconds=min(directives.timeout_seconds or workspace.max_seconds, workspace.max_seconds),
    )
