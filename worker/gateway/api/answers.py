"""From handlers to HTTP: records and errors become JSON, queries and bodies become records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from http import HTTPStatus
from typing import Any, TypeVar

import structlog
from aiohttp import web
from multidict import MultiMapping
from pydantic import BaseModel, ConfigDict, ValidationError

from jobs import actors, errors
from worker.gateway.api.operation import Operation
from worker.gateway.services import SERVICES, Services

LARGEST_BODY = 2 * 1024 * 1024  # bytes; a ticket's text is the largest thing anybody sends

log = structlog.get_logger()

_Record = TypeVar("_Record", bound=BaseModel)

STATUSES: tuple[tuple[type[errors.JcaError], HTTPStatus, str], ...] = (
    (errors.NotFound, HTTPStatus.NOT_FOUND, "not_found"),
    (errors.BadInput, HTTPStatus.BAD_REQUEST, "bad_input"),
    (errors.Refused, HTTPStatus.FORBIDDEN, "refused"),
    (errors.Conflict, HTTPStatus.CONFLICT, "conflict"),
    (errors.LostLease, HTTPStatus.CONFLICT, "lost_lease"),
    (errors.NotReady, HTTPStatus.SERVICE_UNAVAILABLE, "not_ready"),
    (errors.TryAgain, HTTPStatus.SERVICE_UNAVAILABLE, "try_again"),
    (errors.JcaError, HTTPStatus.INTERNAL_SERVER_ERROR, "failed"),
)
"""How each kind of error is answered; the first that fits wins."""


class Problem(BaseModel):
    """What every failed request is answered with."""

    model_config = ConfigDict(frozen=True)

    error: str
    """A stable word for machines: `not_found`, `bad_input`, `conflict`, …"""
    message: str
    """What is wrong, plain sentences."""
    remedy: str = ""
    """What to do about it; empty when there is nothing to add."""


def services(request: web.Request) -> Services:
    """The gateway's parts."""
    return request.config_dict[SERVICES]


def actor(request: web.Request) -> str:
    """Who the audit log names for what a request changes.

    Raises:
        errors.BadInput: the request names somebody in a way that cannot be kept.
    """
    return actors.claimed(request.headers.get(actors.HEADER))


def answering(operation: Operation) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """The aiohttp handler of an operation."""

    async def answer(request: web.Request) -> web.StreamResponse:
        result = await operation.handler(request)
        return as_json(result, operation.status) if isinstance(result, BaseModel) else result

    return answer


def as_json(record: BaseModel, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A record as a response."""
    return web.Response(text=record.model_dump_json(), content_type="application/json", status=status)


def plain(text: str, headers: dict[str, str] | None = None) -> web.Response:
    """Text as a response."""
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)


def problem(error: errors.JcaError) -> web.Response:
    """An error as a response."""
    status, word = next((status, word) for kind, status, word in STATUSES if isinstance(error, kind))
    return as_json(Problem(error=word, message=error.message, remedy=error.remedy), status)


@web.middleware
async def problems_as_json(
    request: web.Request,
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> web.StreamResponse:
    """Answer every failure in the one shape clients know."""
    try:
        return await handler(request)
    except errors.JcaError as error:
        return problem(error)
    except web.HTTPException as error:
        status = HTTPStatus(error.status)
        answer = as_json(Problem(error=status.phrase.lower().replace(" ", "_"), message=f"{status.phrase}."), status)
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except Exception:  # a client must not read a traceback; the log keeps it
        log.exception("request_broke", method=request.method, path=request.path)
        return problem(errors.JcaError("The gateway itself failed.", remedy="Its log says where; please report this."))


def read_query(request: web.Request, model: type[_Record]) -> _Record:
    """The query string as a record.

    Raises:
        errors.BadInput: a parameter is unknown or unusable; the message names it.
    """
    return _validated(model, _values(request.query, model))


async def read_body(request: web.Request, model: type[_Record]) -> _Record:
    """The JSON body as a record.

    Raises:
        errors.BadInput: it is no JSON, or a field cannot be used; the message names it.
        web.HTTPRequestEntityTooLarge: it is larger than `LARGEST_BODY`.
    """
    raw = await request.clone(client_max_size=LARGEST_BODY).read()
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as error:
        raise errors.BadInput(_places(error)) from None


def _values(query: MultiMapping[str], model: type[BaseModel]) -> dict[str, Any]:
    """Parameters that take several values are collected, others are taken as they are."""
    several = {name for name, field in model.model_fields.items() if str(field.annotation).startswith("tuple")}
    return {name: query.getall(name) if name in several else query[name] for name in query}


def _validated(model: type[_Record], values: dict[str, Any]) -> _Record:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise errors.BadInput(_places(error)) from None


def _places(error: ValidationError) -> str:
    def sentence(location: Iterable[int | str], message: str) -> str:
        place = ".".join(map(str, location))
        return f"{place}: {message.removeprefix('Value error, ')}." if place else f"{message}."

    return " ".join(sentence(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_input=False))
