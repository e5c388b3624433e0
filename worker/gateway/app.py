"""The gateway's user interface and JSON API as one aiohttp application."""

from __future__ import annotations

from aiohttp import web

from jobs import errors
from jobs.ledger import records
from worker.gateway import api, guard, problems, pulse, rendering, streams
from worker.gateway.pages import audit, forms, holds, job, providers, queue, repositories, settings, sources, ticket
from worker.gateway.services import SERVICES, Services

LARGEST_FORM = 64 * 1024  # bytes; the largest form ticks a page of jobs


def create_app(services: Services) -> web.Application:
    """Put the application together; nothing is opened or asked before the first request."""
    rules = guard.Guard.of(services.settings.ui_hosts, services.api_token)
    app = web.Application(middlewares=[guard.middleware(rules), problems.middleware], client_max_size=LARGEST_FORM)
    app[SERVICES] = services
    app[streams.STREAMS] = streams.Streams()
    app[pulse.PULSE] = pulse.Pulse(services)
    app.on_response_prepare.append(guard.add_headers)
    app.on_shutdown.append(app[streams.STREAMS].close)
    rendering.setup(app)
    _add_routes(app)
    _add_source_routes(app)
    api.routes(app)
    return app


def _add_routes(app: web.Application) -> None:
    app.router.add_get("/", queue.home)
    app.router.add_get("/queue", queue.show)
    app.router.add_get("/queue/stream", streams.queue)
    app.router.add_post("/queue/actions", forms.act)
    app.router.add_get("/queue/pause", holds.ask)
    app.router.add_post("/queue/holds", holds.act)
    app.router.add_get("/jobs/{job}", job.show)
    app.router.add_get("/jobs/{job}/stream", streams.job)
    app.router.add_get("/jobs/{job}/log.txt", job.raw_log)
    app.router.add_get("/jobs/{job}/changes.diff", job.raw_diff)
    app.router.add_get("/tickets/{source}/{key:.+}", ticket.show)
    app.router.add_get("/providers", providers.show)
    app.router.add_post("/providers/{name}/test", providers.test)
    app.router.add_get("/repositories", repositories.show)
    app.router.add_post("/repositories", repositories.add)
    app.router.add_get("/repositories/-/new", repositories.ask_new)
    app.router.add_get("/repositories/{alias}", repositories.show_one)
    app.router.add_post("/repositories/{alias}", repositories.save)
    app.router.add_post("/repositories/{alias}/test", repositories.test)
    app.router.add_get("/repositories/{alias}/remove", repositories.ask_removal)
    app.router.add_post("/repositories/{alias}/remove", repositories.remove)
    app.router.add_get("/audit", audit.show)
    app.router.add_get("/audit/export.{format:csv|jsonl}", audit.export)
    app.router.add_get("/settings", settings.show)
    app.router.add_post("/settings/deliveries/{id}/replay", settings.replay)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)


def _add_source_routes(app: web.Application) -> None:
    app.router.add_post("/settings/sources", sources.add)
    app.router.add_get("/settings/sources/-/new", sources.ask_new)
    app.router.add_get("/settings/sources/{name}", sources.show)
    app.router.add_post("/settings/sources/{name}", sources.save)
    app.router.add_post("/settings/sources/{name}/test", sources.test)
    app.router.add_post("/settings/sources/{name}/rotate", sources.rotate)
    app.router.add_get("/settings/sources/{name}/remove", sources.ask_removal)
    app.router.add_post("/settings/sources/{name}/remove", sources.remove)


async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Ledger and Redis answer too; 503 names the one that does not."""
    services = request.app[SERVICES]
    checks = {"ledger": _ledger_answers, "redis": _redis_answers}
    missing = [name for name, answers in checks.items() if not await answers(services)]
    if missing:
        return web.json_response({"status": "not ready", "missing": missing}, status=503)
    return web.json_response({"status": "ready"})


async def _ledger_answers(services: Services) -> bool:
    try:
        await services.ledger.read(records.find, "")
    except Exception:  # noqa: BLE001 - whatever broke, it does not answer
        return False
    return True


async def _redis_answers(services: Services) -> bool:
    try:
        await services.presence.workers()
    except errors.TryAgain:
        return False
    return True
