"""A repository with what is said about it: where it is set, what holds for its jobs, what is odd."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs import errors, provisioning
from jobs.advice import Advice, advise
from jobs.repository import Repository
from worker.gateway.policy import Origin, Rule, policy
from worker.gateway.services import Services


class RepositoryView(BaseModel):
    """One repository, as the API and its page show it."""

    model_config = ConfigDict(frozen=True)

    repository: Repository
    source: str
    """`JCA_CONFIG_FILE`, which locks it here, or `here`."""
    policy: tuple[Rule, ...]
    """What holds for its jobs, and where each value comes from."""
    advice: tuple[Advice, ...]
    """What is odd, though nothing forbids it."""


async def look(services: Services, alias: str) -> RepositoryView:
    """Everything there is to say about a repository.

    Raises:
        errors.NotFound: there is none of that alias.
    """
    catalog = await services.catalog()
    repository = catalog.repository(alias)
    if repository is None:
        raise errors.NotFound(
            f"There is no repository {alias[:80]}.", remedy="`jca repos list` shows those that exist."
        )
    file = provisioning.read_file(services.settings.config_file)
    locked = next((one for one in file.repositories if one.alias == alias), None)
    origin = Origin(locked, workspace=file.workspace is not None)
    return RepositoryView(
        repository=repository,
        source=origin.place,
        policy=policy(repository, catalog, origin),
        advice=advise(repository, catalog),
    )
