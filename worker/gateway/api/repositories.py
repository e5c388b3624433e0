"""`/api/v1/repositories`: what jobs may write."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs.catalog import Repository
from worker.gateway import actions
from worker.gateway.api import answers
from worker.gateway.api.answers import ACTOR
from worker.gateway.api.operation import Operation


class Repositories(BaseModel):
    """Every repository, by alias."""

    model_config = ConfigDict(frozen=True)

    repositories: tuple[Repository, ...]


async def list_repositories(request: web.Request) -> Repositories:
    """Answer `GET /repositories`."""
    return Repositories(repositories=(await answers.services(request).catalog()).repositories)


async def put_repository(request: web.Request) -> Repository:
    """Answer `POST /repositories`."""
    repository = await answers.read_body(request, Repository)
    return await actions.put_repository(answers.services(request), repository, ACTOR)


async def remove_repository(request: web.Request) -> web.Response:
    """Answer `DELETE /repositories/{alias}`."""
    await actions.remove_repository(answers.services(request), request.match_info["alias"], ACTOR)
    return web.Response(status=HTTPStatus.NO_CONTENT)


_LOCKED = HTTPStatus.FORBIDDEN

OPERATIONS = (
    Operation("GET", "/repositories", list_repositories, "List repositories", Repositories, problems=()),
    Operation(
        "POST",
        "/repositories",
        put_repository,
        "Add a repository or replace the one with its alias",
        Repository,
        body=Repository,
        problems=(_LOCKED,),
    ),
    Operation(
        "DELETE",
        "/repositories/{alias}",
        remove_repository,
        "Remove a repository that no unfinished job uses",
        status=HTTPStatus.NO_CONTENT,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, _LOCKED),
    ),
)
