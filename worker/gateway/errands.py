"""What a person may ask a worker to try: a provider, a repository. Every errand leaves an audit entry."""

from __future__ import annotations

from jobs import errors
from jobs.errand import Errand, Kind
from jobs.ledger import audit
from worker.gateway.services import Services


async def prove_provider(services: Services, name: str, model: str, worker: str, who: str) -> Errand:
    """Let a worker prove one model of a provider; empty `model` and `worker` mean the default and any one.

    Raises:
        errors.NotFound: there is no such provider.
        errors.NotReady: the provider is disabled, or the worker is not connected.
        errors.TryAgain: Redis or the ledger does not answer.
    """
    profile = (await services.catalog()).provider(name)
    if profile is None:
        raise errors.NotFound(f"There is no provider {name}.", remedy="`jca providers list` shows those that exist.")
    if not profile.enabled:
        raise errors.NotReady(f"The provider {name} is disabled.", remedy="Enable it where it is configured.")
    known = profile.model(model) if model else None
    arguments = {"provider": name, "model": known.id if known else model or profile.default_model}
    errand = Errand(kind=Kind.SELF_TEST, worker=await _present(services, worker), arguments=arguments)
    return await _begun(services, errand, "provider.test", name, who)


async def fetch_repository(services: Services, alias: str, worker: str, who: str) -> Errand:
    """Let a worker fetch a repository as a job would; nothing of it is run.

    Raises:
        errors.NotFound: there is no such repository.
        errors.NotReady: the worker is not connected.
        errors.TryAgain: Redis or the ledger does not answer.
    """
    repository = (await services.catalog()).repository(alias)
    if repository is None:
        raise errors.NotFound(f"There is no repository {alias}.", remedy="`jca repos list` shows those that exist.")
    arguments = {"alias": alias, "url": repository.url, "branch": repository.default_branch}
    errand = Errand(kind=Kind.TEST_CLONE, worker=await _present(services, worker), arguments=arguments)
    return await _begun(services, errand, "repository.test", alias, who)


async def _present(services: Services, wanted: str) -> str:
    """The worker that is wanted, or the first, if it is there."""
    workers = await services.presence.workers()
    if not workers:
        raise errors.NotReady("No worker is connected.", remedy="Start one with `jca up` or `jca executor`.")
    if wanted and wanted not in workers:
        raise errors.NotReady(f"No worker {wanted} is connected.", remedy=f"Connected: {', '.join(workers)}.")
    return wanted or workers[0]


async def _begun(services: Services, errand: Errand, action: str, subject: str, who: str) -> Errand:
    await services.ledger.write(audit.note, actor=who, action=action, subject=subject, detail=f"on {errand.worker}")
    await services.errands.ask(errand)
    return errand
