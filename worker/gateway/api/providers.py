"""`/api/v1/providers` and `/models`: what can be chosen, and whether it is ready. Never a secret."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs import errors
from jobs.catalog import AuthMode, Model, ProviderKind, ProviderProfile
from jobs.job import now
from jobs.readiness import Readiness
from worker.gateway import standing as standings
from worker.gateway import views
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.standing import Standing

_FROZEN = ConfigDict(frozen=True)


class Provider(BaseModel):
    """A provider profile without its secrets, and what the workers say about it."""

    model_config = _FROZEN

    name: str
    kind: ProviderKind
    label: str
    enabled: bool
    base_url: str
    auth_mode: AuthMode
    has_key: bool
    models: tuple[Model, ...]
    default_model: str
    request_timeout: float
    source: str
    """Where its fields come from."""
    state: str
    """`ready`, `degraded` (on some workers only), `checking`, `blocked` or `off`."""
    reason: str
    """One plain sentence to `state`."""
    readiness: tuple[Readiness, ...]
    """What each worker found out by its self-test."""


class Providers(BaseModel):
    """Every profile."""

    model_config = _FROZEN

    providers: tuple[Provider, ...]


class OfferedModel(BaseModel):
    """A model with the profile that serves it."""

    model_config = _FROZEN

    provider: str
    is_default: bool
    """Whether it is what its profile runs when nobody names a model."""
    model: Model


class Models(BaseModel):
    """Every model of every profile."""

    model_config = _FROZEN

    models: tuple[OfferedModel, ...]


async def list_providers(request: web.Request) -> Providers:
    """Answer `GET /providers`."""
    services = answers.services(request)
    standing = await standings.look(services, now())
    return Providers(providers=tuple(_view(profile, standing) for profile in (await services.catalog()).providers))


async def get_provider(request: web.Request) -> Provider:
    """Answer `GET /providers/{name}`."""
    services = answers.services(request)
    name = request.match_info["name"]
    profile = (await services.catalog()).provider(name)
    if profile is None:
        raise errors.NotFound(f"There is no provider {name}.", remedy="`jca providers list` shows those that exist.")
    return _view(profile, await standings.look(services, now()))


async def list_models(request: web.Request) -> Models:
    """Answer `GET /models`."""
    profiles = (await answers.services(request).catalog()).providers
    return Models(
        models=tuple(
            OfferedModel(provider=profile.name, is_default=model == profile.model(profile.default_model), model=model)
            for profile in profiles
            for model in profile.models
        ),
    )


def _view(profile: ProviderProfile, standing: Standing) -> Provider:
    card = views.card(profile, standing, waiting=0)
    return Provider(
        **profile.model_dump(exclude={"api_key"}),
        has_key=profile.api_key is not None,
        state=card.shown.word,
        reason=card.reason,
        readiness=card.workers,
    )


OPERATIONS = (
    Operation("GET", "/providers", list_providers, "List provider profiles and their readiness", Providers),
    Operation("GET", "/providers/{name}", get_provider, "Show one provider profile", Provider),
    Operation("GET", "/models", list_models, "List the models of all profiles", Models),
)
