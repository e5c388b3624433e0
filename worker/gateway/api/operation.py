"""One endpoint of the JSON API, declared once: routing and the OpenAPI document are both made from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Literal

from aiohttp import web
from pydantic import BaseModel

Handler = Callable[[web.Request], Awaitable[BaseModel | web.StreamResponse]]
"""Answers with a record, which is sent as JSON, or with a response of its own."""


@dataclass(frozen=True)
class Operation:
    """What is asked, what is answered."""

    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    """Below `/api/v1`, with `{name}` where a value goes."""
    handler: Handler
    summary: str
    """What it does, one line without a full stop."""
    answer: type[BaseModel] | None = None
    """The record it answers with, as JSON."""
    text: str = ""
    """The media type of an answer that is text, instead or on request."""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    status: HTTPStatus = HTTPStatus.OK
    problems: tuple[HTTPStatus, ...] = field(default=(HTTPStatus.NOT_FOUND,))
    """How it may fail, beside what every operation may answer."""

    @property
    def name(self) -> str:
        """Its identifier in the OpenAPI document: `cancel_job`."""
        return getattr(self.handler, "__name__", self.summary)
