"""`/api/v1/sources`: who may send tickets. A secret is shown once, when it is made."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict, JsonValue

from jobs.readiness import Step
from worker.gateway import source_actions, source_examination, source_settings, source_view
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.source_actions import Stakes, WantedSource
from worker.gateway.source_view import SourceView


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


class ChangedSource(BaseModel):
    """What changes of a source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repositories: tuple[str, ...] | None = None
    """Aliases it may write from now on; null: all for `github`, none for `jira`, refused for `local`."""
    actors: tuple[str, ...] | None = None
    """Who may start jobs from now on."""
    rules: dict[str, JsonValue] | None = None
    """The rules that change; null takes one back to its default, or all of them."""


async def list_sources(request: web.Request) -> Sources:
    """Answer `GET /sources`."""
    return Sources(sources=await source_view.look(answers.services(request)))


async def get_source(request: web.Request) -> SourceView:
    """Answer `GET /sources/{name}`."""
    return await source_view.look_at(answers.services(request), request.match_info["name"])


async def put_source(request: web.Request) -> PutSource:
    """Answer `POST /sources`."""
    wanted = await answers.read_body(request, WantedSource)
    services = answers.services(request)
    source, secret = await source_actions.put_source(services, wanted, answers.actor(request))
    view = await source_view.look_at(services, source.name)
    return PutSource(source=view, secret=secret.get_secret_value() if secret else None)


async def change_source(request: web.Request) -> SourceView:
    """Answer `PATCH /sources/{name}`."""
    changed = await answers.read_body(request, ChangedSource)
    services, name = answers.services(request), request.match_info["name"]
    await source_settings.change(services, name, changed.model_dump(exclude_unset=True), answers.actor(request))
    return await source_view.look_at(services, name)


async def examine_source(request: web.Request) -> Examination:
    """Answer `POST /sources/{name}/test`."""
    services, name = answers.services(request), request.match_info["name"]
    return Examination(steps=await source_examination.examine_source(services, name, answers.actor(request)))


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


async def remove_source(request: web.Request) -> Stakes:
    """Answer `DELETE /sources/{name}`."""
    services, name = answers.services(request), request.match_info["name"]
    return await source_actions.remove_source(services, name, answers.actor(request))


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
    Operation("GET", "/sources/{name}", get_source, "Show a source, without its secrets", SourceView),
    Operation(
        "PATCH",
        "/sources/{name}",
        change_source,
        "Change who may use it and what it asks of tickets, by a JSON merge patch",
        SourceView,
        body=ChangedSource,
        problems=_PROBLEMS,
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
        "Remove a source; says what becomes of its unfinished jobs",
        Stakes,
        problems=_PROBLEMS,
    ),
)
