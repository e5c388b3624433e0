"""The provider of a job: from `provider=`, else the repository's, the workspace's or the worker's default. Pure."""

from __future__ import annotations

from typing import NamedTuple

from jobs import offers, reasons
from jobs.catalog import Catalog, ProviderProfile
from jobs.choosing_model import unknown_model
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.layers import Layer, Steps
from jobs.nearest import listed, nearest
from jobs.reasons import Code, Reason
from jobs.repository import Repository


class ChosenProvider(NamedTuple):
    """A profile and the layer that chose it."""

    profile: ProviderProfile
    layer: Layer


def choose_provider(
    directives: Directives,
    labels: Labels,
    repository: Repository,
    catalog: Catalog,
    steps: Steps,
) -> ChosenProvider | Reason:
    """The profile a job runs on, or the reason why there is none; each layer looked at goes to `steps`."""
    if refused := _refused(directives.provider, repository, catalog):
        return refused
    chosen = _from_ticket(directives.provider, catalog, steps) if directives.provider else None
    if isinstance(chosen, Reason):
        return chosen
    catalog = _allowed(repository, catalog, steps)
    defaults: tuple[tuple[Layer, str | None], ...] = (
        ("repository default", repository.provider),
        ("workspace default", catalog.workspace.provider),
    )
    for layer, name in defaults:
        if name and not _is_refused(name, repository):
            chosen = _from_default(layer, name, chosen, catalog, steps)
    chosen = chosen or _from_worker(catalog, steps)
    return chosen or _from_model(_asked_model(directives, labels, repository, catalog), catalog, steps)


def _refused(names: tuple[str, ...], repository: Repository, catalog: Catalog) -> Reason | None:
    """Why the repository does not let the ticket have one of the providers it names."""
    name = next((name for name in names if _is_refused(name, repository) and catalog.provider(name)), None)
    if name is None:
        return None
    sentence = f"The repository {repository.alias} does not allow the provider {name}."
    next_step = f"Allowed here is {listed(repository.providers_allowed)}."
    return reasons.because(Code.PROVIDER_NOT_ALLOWED, sentence, next_step)


def _is_refused(name: str, repository: Repository) -> bool:
    return bool(repository.providers_allowed) and name not in repository.providers_allowed


def _allowed(repository: Repository, catalog: Catalog, steps: Steps) -> Catalog:
    """The catalogue with only those providers that the repository allows."""
    if not repository.providers_allowed:
        return catalog
    defaults: tuple[tuple[Layer, str | None], ...] = (
        ("repository default", repository.provider),
        ("workspace default", catalog.workspace.provider),
    )
    for layer, name in defaults:
        if name and _is_refused(name, repository):
            steps.skipped(layer, f"The {layer} provider {name} was skipped: {repository.alias} does not allow it.")
    kept = tuple(profile for profile in catalog.providers if not _is_refused(profile.name, repository))
    return catalog.model_copy(update={"providers": kept})


def _from_ticket(names: tuple[str, ...], catalog: Catalog, steps: Steps) -> ChosenProvider | Reason:
    unknown = [name for name in names if catalog.provider(name) is None]
    if unknown:
        return _unknown(unknown[0], catalog)
    profiles = [profile for name in names if (profile := catalog.provider(name))]
    chosen = next((profile for profile in profiles if profile.enabled), None)
    if chosen is None:
        enabled = [profile.name for profile in offers.enabled_profiles(catalog)]
        sentence = f"The ticket asks for {listed(names)}, which is disabled here."
        return reasons.because(Code.PROVIDER_DISABLED, sentence, f"Enabled is {listed(enabled)}.")
    for profile in profiles[: profiles.index(chosen)]:
        steps.skipped("provider directive", f"provider={profile.name} in the ticket was skipped: it is disabled.")
    steps.chosen("provider directive", f"provider={chosen.name} in the ticket chose {chosen.name}.")
    for profile in profiles[profiles.index(chosen) + 1 :]:
        text = "would be next" if profile.enabled else "is disabled"
        steps.skipped("provider directive", f"provider={profile.name} in the ticket {text}.")
    return ChosenProvider(chosen, "provider directive")


def _unknown(name: str, catalog: Catalog) -> Reason:
    enabled = [profile.name for profile in offers.enabled_profiles(catalog)]
    near = nearest(name, enabled)
    hint = f"Did you mean {near}? " if near else ""
    sentence = f"There is no provider {name}."
    return reasons.because(Code.PROVIDER_UNKNOWN, sentence, f"{hint}Enabled is {listed(enabled)}.")


def _from_default(
    layer: Layer,
    name: str,
    chosen: ChosenProvider | None,
    catalog: Catalog,
    steps: Steps,
) -> ChosenProvider | None:
    profile = catalog.provider(name)
    if chosen:
        if chosen.profile.name != name:
            text = f"The {layer} provider {name} was skipped: the {chosen.layer} is more specific."
            steps.skipped(layer, text)
        return chosen
    if profile is None or not profile.enabled:
        fault = "is disabled" if profile else "does not exist"
        steps.skipped(layer, f"The {layer} provider {name} was skipped: it {fault}.")
        return None
    steps.chosen(layer, f"The {layer} chose the provider {name}.")
    return ChosenProvider(profile, layer)


def _from_worker(catalog: Catalog, steps: Steps) -> ChosenProvider | None:
    for profile, model in offers.stars(catalog):
        if not (profile.enabled and model.enabled):
            text = f"The starred model {model.id} of {profile.name} was skipped: it is disabled."
            steps.skipped("worker default", text)
    star = offers.starred(catalog)
    if star:
        profile, model = star
        steps.chosen("worker default", f"The starred model {model.id} chose its provider {profile.name}.")
        return ChosenProvider(profile, "worker default")
    enabled = offers.enabled_profiles(catalog)
    if len(enabled) == 1:
        steps.chosen("worker default", f"{enabled[0].name} is the only enabled provider.")
        return ChosenProvider(enabled[0], "worker default")
    return None


def _asked_model(
    directives: Directives,
    labels: Labels,
    repository: Repository,
    catalog: Catalog,
) -> tuple[Layer, str] | None:
    if directives.model:
        return "model directive", directives.model
    if not labels.models or not repository.labels_allowed:
        return None
    name = labels.models[0]
    refused = offers.serving(catalog, name) and not offers.serving(catalog, name, by_label=True)
    return None if refused else ("model label", name)


def _from_model(asked: tuple[Layer, str] | None, catalog: Catalog, steps: Steps) -> ChosenProvider | Reason:
    enabled = [profile.name for profile in offers.enabled_profiles(catalog)]
    if not enabled:
        sentence = "There is no enabled provider."
        return reasons.because(Code.NOTHING_SELECTED, sentence, "Ask an administrator to add or enable one.")
    if asked is None:
        sentence = f"Nothing says which provider to use, and there are several: {listed(enabled)}."
        return reasons.because(Code.NOTHING_SELECTED, sentence, f"Write provider={enabled[0]} in the ticket's block.")
    layer, name = asked
    serving = offers.serving(catalog, name, by_label=layer == "model label")
    if not serving:
        return unknown_model(name, [model for profile in offers.enabled_profiles(catalog) for model in profile.models])
    if len(serving) > 1:
        names = [profile.name for profile in serving]
        sentence = f"The model {name} is served by several providers: {listed(names)}."
        return reasons.because(Code.NOTHING_SELECTED, sentence, f"Write provider={names[0]} in the ticket's block.")
    steps.chosen(layer, f"{serving[0].name} is the only enabled provider with the model {name}.")
    return ChosenProvider(serving[0], layer)
