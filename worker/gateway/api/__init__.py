"""The JSON API: every operation is declared in one of these modules and served below `/api/v1`."""

from __future__ import annotations

from aiohttp import web

from worker.gateway.api import (
    answers,
    audit,
    deliveries,
    errands,
    holds,
    jobs,
    logs,
    openapi,
    providers,
    purge,
    replays,
    repositories,
    resolve,
    secrets,
    sources,
    workers,
)
from worker.gateway.api.operation import Operation

ROOT = "/api/v1"

OPERATIONS: tuple[Operation, ...] = (
    *jobs.OPERATIONS,
    *holds.OPERATIONS,
    *purge.OPERATIONS,
    *logs.OPERATIONS,
    *providers.OPERATIONS,
    *repositories.OPERATIONS,
    *sources.OPERATIONS,
    *secrets.OPERATIONS,
    *errands.OPERATIONS,
    *resolve.OPERATIONS,
    *deliveries.OPERATIONS,
    *replays.OPERATIONS,
    *workers.OPERATIONS,
    *audit.OPERATIONS,
)


def routes(app: web.Application) -> None:
    """Serve the API on an application that keeps `SERVICES`; errors are left to its middleware."""
    for operation in OPERATIONS:
        app.router.add_route(operation.method, f"{ROOT}{operation.path}", answers.answering(operation))
    app.router.add_get(f"{ROOT}/openapi.json", describe)


async def describe(_request: web.Request) -> web.Response:
    """Answer `GET /openapi.json`."""
    return web.json_response(openapi.document(OPERATIONS, ROOT))
