"""One source on its pages: added with its secret shown once, its settings, its access tried, removed by its name."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import SecretStr

from jobs import actors, errors
from jobs.intake_rules import FIELDS
from worker.gateway import (
    delivery_words,
    rendering,
    source_actions,
    source_examination,
    source_form,
    source_settings,
    source_view,
)
from worker.gateway.form import Form
from worker.gateway.services import SERVICES, Services
from worker.gateway.source_settings import Unusable
from worker.gateway.source_view import SourceView
from worker.gateway.stored_sources import check_unlocked

_SAVED = "Saved. Tickets that are read from now on see it."


async def ask_new(request: web.Request) -> web.Response:
    """An empty form."""
    return await _new_page(request, source_form.blank())


async def add(request: web.Request) -> web.Response:
    """Add a source and show its secret, this once; or show the form again with what is wrong."""
    services, form = request.config_dict[SERVICES], source_form.typed_new(await request.post())
    wanted = source_form.read_new(form)
    if isinstance(wanted, Form):
        return await _new_page(request, wanted, HTTPStatus.BAD_REQUEST)
    try:
        source, secret = await source_actions.put_source(services, wanted, actors.BROWSER, is_new=True)
    except Unusable as error:
        return await _new_page(request, Form(form.values, form.version, error.faults), HTTPStatus.BAD_REQUEST)
    except (errors.Conflict, errors.Refused) as error:
        return await _new_page(request, Form(form.values, form.version, {"name": str(error)}), HTTPStatus.CONFLICT)
    return await _secret_page(request, source.name, secret, is_new=True)


async def rotate(request: web.Request) -> web.Response:
    """Give a source a new secret and show it, this once: the answer is a page that no browser keeps."""
    services, name, form = request.config_dict[SERVICES], request.match_info["name"], await request.post()
    keep = form.get("keep_previous") == "yes"
    secret = await source_actions.rotate_source(services, name, actors.BROWSER, keep_previous=keep)
    return await _secret_page(request, name, secret, keep=keep)


async def show(request: web.Request) -> web.Response:
    """The settings of one source."""
    view = await _view(request)
    return await _page(request, view, source_form.of(view.settings))


async def save(request: web.Request) -> web.Response:
    """Change them, or show the form again with what is wrong."""
    services, view = request.config_dict[SERVICES], await _view(request)
    check_unlocked(services, view.name)
    form = source_form.typed(await request.post())
    wanted = source_form.read(form, view.settings, view.kind)
    if isinstance(wanted, Form):
        return await _page(request, view, wanted, HTTPStatus.BAD_REQUEST)
    try:
        await source_settings.save(services, view.name, wanted, actors.BROWSER, over=form.version)
    except Unusable as error:
        return await _page(request, view, Form(form.values, form.version, error.faults), HTTPStatus.BAD_REQUEST)
    except errors.Conflict as error:
        clash = Form(form.values, source_form.of(view.settings).version, {"": str(error)})
        return await _page(request, view, clash, HTTPStatus.CONFLICT)
    raise web.HTTPSeeOther(f"/settings/sources/{view.name}?notice=saved")


async def test(request: web.Request) -> web.Response:
    """Try the access and show what each step said."""
    services, view = request.config_dict[SERVICES], await _view(request)
    steps = await source_examination.examine_source(services, view.name, actors.BROWSER)
    return rendering.page(request, "source_test.html", {"source": view, "steps": steps})


async def ask_removal(request: web.Request) -> web.Response:
    """What goes with a source: what a person confirms by typing its name."""
    return await _removal_page(request, await _view(request))


async def remove(request: web.Request) -> web.Response:
    """Remove it and lead back to the settings; without its name, ask again."""
    services, view, form = request.config_dict[SERVICES], await _view(request), await request.post()
    if str(form.get("confirmation", "")).strip() != view.name:
        problem = f"Type {view.name} to remove it." if form.get("confirmation") else "This cannot be empty."
        return await _removal_page(request, view, problem, HTTPStatus.BAD_REQUEST)
    await source_actions.remove_source(services, view.name, actors.BROWSER)
    raise web.HTTPSeeOther("/settings?notice=source-removed")


async def _view(request: web.Request) -> SourceView:
    return await source_view.look_at(request.config_dict[SERVICES], request.match_info["name"])


async def _new_page(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    context = {"form": form, "aliases": await _aliases(request.config_dict[SERVICES])}
    return rendering.page(request, "source_new.html", context, status=status)


async def _secret_page(
    request: web.Request, name: str, secret: SecretStr | None, *, is_new: bool = False, keep: bool = False
) -> web.Response:
    source = await source_view.look_at(request.config_dict[SERVICES], name)
    shown = secret.get_secret_value() if secret else ""
    context = {
        "source": source,
        "setup": delivery_words.SETUPS[source.kind],
        "secret": shown,
        "is_new": is_new,
        "keep": keep,
    }
    return rendering.page(request, "new_secret.html", context)


async def _page(request: web.Request, view: SourceView, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    context = {
        "source": view,
        "form": form,
        "fields": FIELDS[view.kind],
        "rules": source_settings.described(view.settings),
        "aliases": await _aliases(request.config_dict[SERVICES]),
        "notice": _SAVED if request.query.get("notice") == "saved" else "",
    }
    return rendering.page(request, "source.html", context, status=status)


async def _removal_page(
    request: web.Request, view: SourceView, problem: str = "", status: HTTPStatus = HTTPStatus.OK
) -> web.Response:
    services = request.config_dict[SERVICES]
    check_unlocked(services, view.name)
    stakes = await services.ledger.read(source_actions.stakes, view.name)
    form = Form({"confirmation": ""}, "", {"confirmation": problem} if problem else {})
    context = {"source": view, "consequences": stakes.consequences, "form": form}
    return rendering.page(request, "source_removal.html", context, status=status)


async def _aliases(services: Services) -> list[str]:
    return [repository.alias for repository in (await services.catalog()).repositories]
