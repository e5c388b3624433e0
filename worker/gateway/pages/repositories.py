"""The repositories: a list, and one page for each with its form, what holds for its jobs, and what is odd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NoReturn

from aiohttp import web

from jobs import actors, advice, errors, guidance, holds
from jobs.catalog import Catalog
from jobs.ledger import holds as kept
from jobs.redact import without_credentials
from jobs.repository import Repository, ValidationMode
from worker.gateway import errands, rendering, repository_actions, repository_form, repository_view
from worker.gateway.form import Form
from worker.gateway.pages import errand
from worker.gateway.services import SERVICES, Services
from worker.gateway.views import Shown

_NOTICES = {
    "added": "The repository is added. Jobs may use it from now on.",
    "saved": "Saved. Jobs that are read from now on see it.",
    "removed": "The repository is removed.",
}


@dataclass(frozen=True)
class Row:
    """One repository of the list."""

    repository: Repository
    address: str
    shown: Shown
    locked: bool
    odd: int
    """How many things are said about it."""


async def show(request: web.Request) -> web.Response:
    """Every repository that jobs may write."""
    services = request.config_dict[SERVICES]
    catalog = await services.catalog()
    held = {hold.subject for hold in await services.ledger.read(kept.present)}
    rows = [_row(services, repository, catalog, held) for repository in catalog.repositories]
    return rendering.page(request, "repositories.html", {"rows": rows, "notice": _notice(request)})


async def show_one(request: web.Request) -> web.Response:
    """One repository."""
    services, alias = request.config_dict[SERVICES], request.match_info["alias"]
    view = await repository_view.look(services, alias)
    return await _page(request, repository_form.of(view.repository), alias)


async def ask_new(request: web.Request) -> web.Response:
    """An empty form."""
    return await _page(request, repository_form.blank())


async def add(request: web.Request) -> web.Response:
    """Add a repository and lead to its page, or show the form again with what is wrong."""
    return await _save(request, repository_form.typed(await request.post()), None)


async def save(request: web.Request) -> web.Response:
    """Change a repository, or show the form again with what is wrong."""
    view = await repository_view.look(request.config_dict[SERVICES], request.match_info["alias"])
    return await _save(request, repository_form.typed(await request.post()), view.repository)


async def test(request: web.Request) -> NoReturn:
    """Let a worker fetch the repository, and lead back to its page, which then shows what the worker says."""
    services, alias, form = request.config_dict[SERVICES], request.match_info["alias"], await request.post()
    asked = await errands.fetch_repository(services, alias, str(form.get("worker", "")), actors.BROWSER)
    if form.get("live") != "yes":
        await errand.over(services, asked)
    raise web.HTTPSeeOther(f"/repositories/{alias}?errand={asked.id}#test")


async def ask_removal(request: web.Request) -> web.Response:
    """What goes with a repository, and whether it can go: what a person confirms by sending it."""
    services, alias = request.config_dict[SERVICES], request.match_info["alias"]
    view = await repository_view.look(services, alias)
    repository_actions.check_unlocked(services, alias)
    user = await services.ledger.read(repository_actions.user_of, alias)
    context = {"repository": view.repository, "user": user}
    return rendering.page(request, "repository_removal.html", context)


async def remove(request: web.Request) -> NoReturn:
    """Remove it and lead back to the list."""
    services, alias = request.config_dict[SERVICES], request.match_info["alias"]
    await repository_actions.remove_repository(services, alias, actors.BROWSER)
    raise web.HTTPSeeOther("/repositories?notice=removed")


async def _save(request: web.Request, form: Form, earlier: Repository | None) -> web.Response:
    services, alias = request.config_dict[SERVICES], request.match_info.get("alias", "")
    repository = repository_form.read(form, earlier)
    if isinstance(repository, Form):
        return await _page(request, repository, alias, HTTPStatus.BAD_REQUEST)
    try:
        await repository_actions.put_repository(services, repository, actors.BROWSER, over=form.version)
    except errors.Conflict as error:
        clash = Form(form.values, form.version, {"" if alias else "alias": str(error)})
        return await _page(request, clash, alias, HTTPStatus.CONFLICT)
    raise web.HTTPSeeOther(f"/repositories/{repository.alias}?notice={'saved' if alias else 'added'}")


async def _page(request: web.Request, form: Form, alias: str = "", status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    services = request.config_dict[SERVICES]
    view = await repository_view.look(services, alias) if alias else None
    catalog = await services.catalog()
    context = {
        "form": form,
        "view": view,
        "address": without_credentials(view.repository.url) if view else "",
        "shown": _shown(view.repository, await _held(services)) if view else None,
        "modes": [mode.value for mode in ValidationMode],
        "providers": [profile.name for profile in catalog.providers],
        "models": _models(catalog),
        "guidance": guidance.FILES,
        "workers": await errand.workers(services),
        "progress": await errand.look(services, request.query.get("errand", "")),
        "notice": _notice(request),
    }
    return rendering.page(request, "repository.html", context, status=status)


async def _held(services: Services) -> set[str]:
    return {hold.subject for hold in await services.ledger.read(kept.present)}


def _row(services: Services, repository: Repository, catalog: Catalog, held: set[str]) -> Row:
    return Row(
        repository=repository,
        address=without_credentials(repository.url),
        shown=_shown(repository, held),
        locked=repository_actions.locked(services, repository.alias) is not None,
        odd=len(advice.advise(repository, catalog)),
    )


def _shown(repository: Repository, held: set[str]) -> Shown:
    if not repository.enabled:
        return Shown("off", "off")
    if holds.EVERYTHING in held or holds.repository(repository.alias) in held:
        return Shown("held", "held")
    return Shown("enabled", "ready")


def _models(catalog: Catalog) -> Sequence[str]:
    names = [name for one in catalog.providers for name in (one.default_model, *(model.id for model in one.models))]
    return list(dict.fromkeys(names))


def _notice(request: web.Request) -> str:
    return _NOTICES.get(request.query.get("notice", ""), "")
