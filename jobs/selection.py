"""Which provider and model a job gets, and because of what. Pure.

The six layers, most specific first: `provider=`, `model=`, a `model:` label, the repository's defaults, the
workspace's, the worker's own. The provider is decided first, then a model that fits it. What a ticket asks for is
followed or refused; a default that cannot be followed is skipped and said.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs import reasons
from jobs.catalog import Catalog
from jobs.choosing_model import Fit, choose_model
from jobs.choosing_provider import choose_provider
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.layers import Because, Layer, Steps
from jobs.nearest import listed
from jobs.reasons import Code, Reason
from jobs.repository import Repository

__all__ = ["Because", "Layer", "Selection", "resolve_selection"]


class Selection(BaseModel):
    """The decision, with every step that led to it."""

    model_config = ConfigDict(frozen=True)

    provider: str
    """Name of the profile."""
    model: str
    """Identifier as the provider knows it."""
    because: tuple[Because, ...] = ()

    @property
    def account(self) -> str:
        """What lanes, limits and readiness are keyed by."""
        return self.provider


def resolve_selection(
    directives: Directives,
    labels: Labels,
    repository: Repository,
    catalog: Catalog,
) -> Selection | Reason:
    """Decide provider and model of one job.

    Args:
        directives: of the ticket's block.
        labels: of the ticket.
        repository: the one the job writes.
        catalog: providers with their models, and the workspace's defaults.

    Returns:
        The selection with each layer that chose or was skipped, or the reason why there is none.
    """
    if len(labels.models) > 1:
        sentence = f"The ticket has different model labels: {listed(labels.models)}."
        return reasons.because(Code.DIRECTIVE_ERROR, sentence, "Keep one of them.")
    steps = Steps()
    provider = choose_provider(directives, labels, repository, catalog, steps)
    if isinstance(provider, Reason):
        return provider
    fit = Fit(provider.profile, repository, catalog)
    model = choose_model(directives, labels, fit, steps, is_worker_default=provider.layer == "worker default")
    if isinstance(model, Reason):
        return model
    return Selection(provider=fit.profile.name, model=model.id, because=steps.all())
