"""`/api/v1/workers`: who works."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs.readiness import Readiness
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

_FROZEN = ConfigDict(frozen=True)


class Worker(BaseModel):
    """One executor."""

    model_config = _FROZEN

    name: str
    readiness: tuple[Readiness, ...]
    """What its self-tests found out."""


class Workers(BaseModel):
    """Executors that answer."""

    model_config = _FROZEN

    workers: tuple[Worker, ...]


async def list_workers(request: web.Request) -> Workers:
    """Answer `GET /workers`."""
    presence = answers.services(request).presence
    said = await presence.readiness()
    return Workers(
        workers=tuple(
            Worker(name=name, readiness=tuple(entry for entry in said if entry.worker == name))
            for name in await presence.workers()
        ),
    )


OPERATIONS = (Operation("GET", "/workers", list_workers, "List executors that answer", Workers, problems=()),)
