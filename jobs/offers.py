"""What the enabled providers offer: their models, the starred one, and who serves a name. Pure."""

from __future__ import annotations

from jobs.catalog import Catalog, Model, ProviderProfile
from jobs.repository import Repository


def enabled_profiles(catalog: Catalog) -> list[ProviderProfile]:
    """The provider profiles that may run jobs."""
    return [profile for profile in catalog.providers if profile.enabled]


def model_of(profile: ProviderProfile, name: str) -> Model | None:
    """The model people mean by `name`; the profile's default is usable without being listed."""
    return profile.model(name) or (Model(id=name) if name == profile.default_model else None)


def usable_models(profile: ProviderProfile, repository: Repository) -> list[Model]:
    """The models of the profile that a job in the repository may use."""
    default = model_of(profile, profile.default_model)
    offered = {model.id: model for model in (*profile.models, *([default] if default else []))}
    return [model for model in offered.values() if model.enabled and allows(repository, model)]


def allows(repository: Repository, model: Model) -> bool:
    """Whether jobs in the repository may use the model; an empty list allows every one."""
    return not repository.models_allowed or any(model.answers_to(name) for name in repository.models_allowed)


def serving(catalog: Catalog, name: str, *, by_label: bool = False) -> list[ProviderProfile]:
    """The enabled profiles with an enabled model that people mean by `name`, or by a label of that name."""
    found = [(profile, model_of(profile, name)) for profile in enabled_profiles(catalog)]
    return [profile for profile, model in found if model and model.enabled and (model.by_label or not by_label)]


def stars(catalog: Catalog) -> list[tuple[ProviderProfile, Model]]:
    """The models marked as the default of the deployment, with their providers; one at most when all is well."""
    return [(profile, model) for profile in catalog.providers for model in profile.models if model.starred]


def starred(catalog: Catalog) -> tuple[ProviderProfile, Model] | None:
    """The starred model with its provider, when both are enabled."""
    return next(((profile, model) for profile, model in stars(catalog) if profile.enabled and model.enabled), None)
