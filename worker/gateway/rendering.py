"""Templates to HTML. Everything is escaped and a name nobody set is an error."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path

import aiohttp_jinja2
import jinja2
from aiohttp import web

from worker.gateway import ansi, diff, prose, ticket_story, timeline, views, words
from worker.gateway.assets import Assets
from worker.gateway.services import SERVICES
from worker.markdown import is_web_link

HERE = Path(__file__).parent


def setup(app: web.Application) -> None:
    """Give `app` its templates and the static files they refer to."""
    assets = Assets(HERE / "static")
    app.router.add_get("/static/{hash}/{name}", assets.serve)
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=assets.url,
        glyphs=views.GLYPHS,
        slug=timeline.slug,
        is_web_link=is_web_link,
        ticket_page=ticket_story.address,
    )
    environment.filters.update(
        ansi=ansi.render,
        diff_rows=diff.render,
        prose=prose.render,
        duration=words.duration,
        number=words.number,
        money=words.money,
        clock=words.clock,
        full=words.full,
    )


def page(
    request: web.Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: HTTPStatus = HTTPStatus.OK,
) -> web.Response:
    """A whole page."""
    known = {"worker_name": request.config_dict[SERVICES].settings.worker_name, "path": request.path, **context}
    return aiohttp_jinja2.render_template(template, request, known, status=status.value)


def fragment(request: web.Request, template: str, context: Mapping[str, object]) -> str:
    """A piece of a page, to be sent over a stream."""
    return aiohttp_jinja2.render_string(template, request, dict(context))
