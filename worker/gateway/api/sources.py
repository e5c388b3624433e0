"""`/api/v1/sources`: who may send tickets. A secret is shown once, when it is made."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs import provisioning
from jobs.access import Known, described
from jobs.catalog import Source
from jobs.intake_rules import IntakeRules
from jobs.ledger import configuration
from jobs.readiness import Step
from jobs.settings import Settings
from jobs.sources import StoredSource
from worker.gateway import source_actions
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.source_actions import WantedSource


class SourceView(BaseModel):
    """A source without its secrets."""

    model_config = ConfigDict(frozen=True)

    name: str
    kind: str
    path: str
    """Where its deliveries arrive, below the address of the receiver."""
    address: str
    """The same with the address of the receiver, as far as it is known here."""
    repositories: tuple[str, ...]
    actors: tuple[str, ...]
    rules: IntakeRules
    access: str
    """What its tracker is reached with, without the secret; empty: with nothing, so reports are only kept here."""
    source: str
    """The variable that sets it and locks it here; empty when it was added here."""


class Sources(BaseModel):
    """Every source, by name."""

    model_config = ConfigDict(frozen=True)

    sources: tuple[SourceView, ...]


class PutSource(BaseModel):
    """A source after it was added or widened."""

    model_config = ConfigDict(frozen=True)

    source: SourceView
    secret: str | None
    """Shown this once; null when the source was there already and keeps its own."""


class Examination(BaseModel):
    """What the access of a source is good for."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[Step, ...]
    """`reach`, `authenticate`, then one per permission."""


class Rotation(BaseModel):
    """How a secret is replaced."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    keep_previous: bool = True
    """Whether the last secret still verifies, until the next rotation."""


class NewSecret(BaseModel):
    """The secret that the sender signs with from now on."""

    model_config = ConfigDict(frozen=True)

    secret: str
    """Shown this once."""


async def list_sources(request: web.Request) -> Sources:
    """Answer `GET /sources`."""
    services = answers.services(request)
    stored = await services.ledger.read(configuration.sources)
    access = await services.ledger.read(provisioning.load_access, services.settings)
    provisioned = source_actions.provisioned_sources(services)
    found: dict[str, tuple[Source | StoredSource, str]] = {source.name: (source, "") for source in stored}
    all_of_them = (found | provisioned).values()
    views = [_view(services.settings, source, place, access) for source, place in all_of_them]
    return Sources(sources=tuple(sorted(views, key=lambda view: view.name)))


async def put_source(request: web.Request) -> PutSource:
    """Answer `POST /sources`."""
    wanted = await answers.read_body(request, WantedSource)
    services = answers.services(request)
    source, secret = await source_actions.put_source(services, wanted, answers.actor(request))
    access = await services.ledger.read(provisioning.load_access, services.settings)
    view = _view(services.settings, source, "", access)
    return PutSource(source=view, secret=secret.get_secret_value() if secret else None)


async def examine_source(request: web.Request) -> Examination:
    """Answer `POST /sources/{name}/test`."""
    steps = await source_actions.examine_source(answers.services(request), request.match_info["name"])
    return Examination(steps=steps)


async def rotate_source(request: web.Request) -> NewSecret:
    """Answer `POST /sources/{name}/rotate`."""
    rotation = await answers.read_body(request, Rotation)
    secret = await source_actions.rotate_source(
        answers.services(request),
        request.match_info["name"],
        answers.actor(request),
        keep_previous=rotation.keep_previous,
    )
    return NewSecret(secret=secret.get_secret_value())


async def remove_source(request: web.Request) -> web.Response:
    """Answer `DELETE /sources/{name}`."""
    await source_actions.remove_source(answers.services(request), request.match_info["name"], answers.actor(request))
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _view(settings: Settings, source: Source | StoredSource, place: str, access: Mapping[str, Known]) -> SourceView:
    shown = source.model_dump(include={"name", "kind", "repositories", "actors", "rules"})
    path = f"/webhooks/{source.name}"
    reached = described(access[source.name]) if source.name in access else ""
    return SourceView(**shown, path=path, address=f"{settings.receiver_url}{path}", access=reached, source=place)


_PROBLEMS = (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)

OPERATIONS = (
    Operation("GET", "/sources", list_sources, "List sources, without their secrets", Sources, problems=()),
    Operation(
        "POST",
        "/sources",
        put_source,
        "Add a source, or let more people and repositories use one",
        PutSource,
        body=WantedSource,
        problems=(HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT),
    ),
    Operation(
        "POST",
        "/sources/{name}/test",
        examine_source,
        "Try the access to its tracker, each permission by itself",
        Examination,
        problems=(HTTPStatus.NOT_FOUND,),
    ),
    Operation(
        "POST",
        "/sources/{name}/rotate",
        rotate_source,
        "Replace its secret",
        NewSecret,
        body=Rotation,
        problems=_PROBLEMS,
    ),
    Operation(
        "DELETE",
        "/sources/{name}",
        remove_source,
        "Remove a source",
        status=HTTPStatus.NO_CONTENT,
        problems=_PROBLEMS,
    ),
)
