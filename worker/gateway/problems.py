"""Failures as people and programs read them: a page, or JSON below `/api/v1`."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs import errors
from worker.gateway import rendering
from worker.gateway.api import answers

log = structlog.get_logger()


def bare(request: web.Request, status: int, sentence: str, remedy: str) -> web.Response:
    """An answer that needs no template, for requests that are not trusted with a page."""
    if _is_api(request):
        word = HTTPStatus(status).phrase.lower().replace(" ", "_")
        return answers.as_json(answers.Problem(error=word, message=sentence, remedy=remedy), HTTPStatus(status))
    return web.Response(text=f"{sentence}\n{remedy}\n", status=status)


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every failure readably; what nobody foresaw is logged and answered without detail."""
    if _is_api(request):
        return await answers.problems_as_json(request, handler)
    try:
        return await handler(request)
    except errors.JcaError as error:
        status = next(status for kind, status, _ in answers.STATUSES if isinstance(error, kind))
        return _page(request, status, error.message, error.remedy)
    except web.HTTPClientError as error:
        return _page(request, HTTPStatus(error.status), f"{HTTPStatus(error.status).description or error.reason}.", "")
    except web.HTTPException:
        raise
    except Exception:  # a reader must not see a traceback; the log keeps it
        log.exception("page_broke", method=request.method, path=request.path)
        remedy = "The gateway's log says where; please report this."
        return _page(request, HTTPStatus.INTERNAL_SERVER_ERROR, "The gateway itself failed.", remedy)


def _page(request: web.Request, status: HTTPStatus, sentence: str, remedy: str) -> web.Response:
    context = {"status": status.value, "phrase": status.phrase, "sentence": sentence, "remedy": remedy}
    return rendering.page(request, "problem.html", context, status=status)


def _is_api(request: web.Request) -> bool:
    return request.path.startswith("/api/")
