"""`/api/v1/repositories`: what jobs may write."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs.redact import masked
from jobs.repository import Repository
from worker.gateway import repository_actions, repository_view
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.repository_view import RepositoryView


class Repositories(BaseModel):
    """Every repository, by alias."""

    model_config = ConfigDict(frozen=True)

    repositories: tuple[Repository, ...]


async def list_repositories(request: web.Request) -> Repositories:
    """Answer `GET /repositories`."""
    catalog = await answers.services(request).catalog()
    return Repositories(repositories=tuple(map(_masked, catalog.repositories)))


async def get_repository(request: web.Request) -> RepositoryView:
    """Answer `GET /repositories/{alias}`."""
    view = await repository_view.look(answers.services(request), request.match_info["alias"])
    return view.model_copy(update={"repository": _masked(view.repository)})


async def put_repository(request: web.Request) -> Repository:
    """Answer `POST /repositories`."""
    repository = await answers.read_body(request, Repository)
    who = answers.actor(request)
    return _masked(await repository_actions.put_repository(answers.services(request), repository, who))


async def remove_repository(request: web.Request) -> web.Response:
    """Answer `DELETE /repositories/{alias}`."""
    await repository_actions.remove_repository(
        answers.services(request), request.match_info["alias"], answers.actor(request)
    )
    return web.Response(status=HTTPStatus.NO_CONTENT)


def _masked(repository: Repository) -> Repository:
    """The repository without the credential in its address; sent back like this, it keeps it."""
    return repository.model_copy(update={"url": masked(repository.url)})


_LOCKED = HTTPStatus.FORBIDDEN

OPERATIONS = (
    Operation("GET", "/repositories", list_repositories, "List repositories", Repositories, problems=()),
    Operation(
        "GET",
        "/repositories/{alias}",
        get_repository,
        "Show a repository, what holds for its jobs and what is odd about it",
        RepositoryView,
    ),
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
