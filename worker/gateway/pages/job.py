"""One job: where it is and why, what it did, and the evidence."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from jobs import errors
from jobs.attachment import file_names
from jobs.job import Job, now
from jobs.ledger import records, runs
from jobs.redact import redact
from worker.gateway import ansi, attempt_rows, diff, dossier, output, pulse, rendering, scene, timeline, views
from worker.gateway import standing as standings
from worker.gateway.pages.query import LONGEST, notice
from worker.gateway.services import SERVICES, Services

TABS = ("log", "changes", "validation", "ticket", "report", "history", "raw")

Context = dict[str, object]


async def show(request: web.Request) -> web.Response:
    """The job with one of its tabs."""
    services = request.config_dict[SERVICES]
    job_id = request.match_info["job"]
    digest = await pulse.of_job(services, job_id)
    job, head = await _head(services, job_id)
    tab = request.query.get("tab", "log")
    tab = tab if tab in TABS else "log"
    context = {
        **head,
        "tabs": TABS,
        "tab": tab,
        "digest": digest,
        "notice": notice(request.query.get("notice", "")),
        **await _CONTENT[tab](request, services, job),
    }
    return rendering.page(request, "job.html", context)


async def raw_log(request: web.Request) -> web.Response:
    """The whole output as text, without colours."""
    services, job_id = request.config_dict[SERVICES], request.match_info["job"]
    await services.ledger.read(records.get, job_id)
    lines = await output.whole(services, job_id)
    text = "".join(f"{line.at:%Y-%m-%dT%H:%M:%SZ} {line.stage} {ansi.plain(line.text)}\n" for line in lines)
    return _download(text, f"{job_id}.log")


async def raw_diff(request: web.Request) -> web.Response:
    """The change as it was kept."""
    services, job_id = request.config_dict[SERVICES], request.match_info["job"]
    kept = await services.ledger.read(runs.diff, job_id)
    if kept is None:
        raise errors.NotFound(f"Job {job_id} has no change.", remedy="It is kept as soon as the agent changed a file.")
    return _download(redact(kept.text), f"{job_id}.diff")


async def _head(services: Services, job_id: str) -> tuple[Job, Context]:
    moment = now()
    standing = await standings.look(services, moment)
    found = await services.ledger.read(dossier.read, job_id)
    job = found.job
    around = await scene.look(services, [job], found.ground, (standing, moment))
    return job, {
        "job": job,
        "row": views.row(job, around),
        "segments": timeline.segments(job, found.stages, found.history, moment),
        "history": found.history,
        "attempts": attempt_rows.rows(found.attempts, moment),
    }


def _download(text: str, name: str) -> web.Response:
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return web.Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)


async def _log(request: web.Request, services: Services, job: Job) -> Context:
    wanted = request.query.get("q", "").strip()[:LONGEST]
    lines = await (output.search(services, job.id, wanted) if wanted else output.tail(services, job.id))
    return {"q": wanted, "lines": lines, "previous": "", "last_id": lines[-1].id if lines else "0-0"}


async def _changes(_request: web.Request, services: Services, job: Job) -> Context:
    kept = await services.ledger.read(runs.diff, job.id)
    files = diff.read(redact(kept.text)) if kept else []
    return {"files": files, "truncated": kept is not None and kept.truncated}


async def _ticket(_request: web.Request, _services: Services, job: Job) -> Context:
    return {"attachments": file_names(job.attachments)}


async def _report(_request: web.Request, services: Services, job: Job) -> Context:
    return {"report": redact(await services.ledger.read(runs.report, job.id))}


async def _raw(_request: web.Request, _services: Services, job: Job) -> Context:
    return {"raw": redact(job.model_dump_json(indent=2))}


async def _nothing_more(_request: web.Request, _services: Services, _job: Job) -> Context:
    return {}


_CONTENT: dict[str, Callable[[web.Request, Services, Job], Awaitable[Context]]] = {
    "log": _log,
    "changes": _changes,
    "validation": _nothing_more,
    "ticket": _ticket,
    "report": _report,
    "history": _nothing_more,
    "raw": _raw,
}
