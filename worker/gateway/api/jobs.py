"""`/api/v1/jobs`: find, read, stop and retry."""

from __future__ import annotations

from http import HTTPStatus
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from jobs import errors
from jobs.job import Job, Status, now
from jobs.ledger import records, runs
from jobs.ledger.database import Transaction
from worker.gateway import actions, dossier, listing, scene
from worker.gateway import standing as standings
from worker.gateway.api import answers
from worker.gateway.api.job_records import JobDetail, JobPage, JobsQuery, detail, line
from worker.gateway.api.operation import Operation

TRUNCATED = "JCA-Truncated"
"""Response header, `true` when a diff was too long to be kept whole."""


class Cancelled(BaseModel):
    """What became of a wish to stop a job."""

    model_config = ConfigDict(frozen=True)

    status: Literal["cancelled", "stopping"]
    """`stopping`: its worker was told and reports the end itself."""
    job: Job


async def list_jobs(request: web.Request) -> JobPage:
    """Answer `GET /jobs`."""
    query = answers.read_query(request, JobsQuery)
    services, moment = answers.services(request), now()
    standing = await standings.look(services, moment)
    found, ground = await services.ledger.read(_find, query, standing)
    page = found[: query.limit]
    around = await scene.look(services, page, ground, (standing, moment))
    lines = tuple(line(job, around) for job in page)
    return JobPage(jobs=lines, next=page[-1].id if len(found) > query.limit else None)


async def get_job(request: web.Request) -> JobDetail:
    """Answer `GET /jobs/{id}`."""
    services, moment = answers.services(request), now()
    standing = await standings.look(services, moment)
    found = await services.ledger.read(dossier.read, request.match_info["id"])
    return detail(found, await scene.look(services, [found.job], found.ground, (standing, moment)))


async def get_diff(request: web.Request) -> web.Response:
    """Answer `GET /jobs/{id}/diff`."""
    diff = await answers.services(request).ledger.read(_diff, request.match_info["id"])
    return answers.plain(diff.text, {TRUNCATED: "true"} if diff.truncated else None)


async def cancel_job(request: web.Request) -> Cancelled:
    """Answer `POST /jobs/{id}/cancel`."""
    job = await actions.cancel(answers.services(request), request.match_info["id"], answers.actor(request))
    return Cancelled(status="cancelled" if job.status is Status.CANCELLED else "stopping", job=job)


async def retry_job(request: web.Request) -> Job:
    """Answer `POST /jobs/{id}/retry`."""
    return await actions.retry(answers.services(request), request.match_info["id"], answers.actor(request))


def _find(tx: Transaction, query: JobsQuery, standing: standings.Standing) -> tuple[list[Job], scene.Ground]:
    """One job more than the page holds, and the ground for all."""
    wanted = listing.filters(query.status, query.filter(), listing.obstacles(tx, standing))
    found = listing.page(tx, wanted, query.limit + 1)
    return found, scene.ground(tx, found)


def _diff(tx: Transaction, job_id: str) -> runs.Diff:
    diff = runs.diff(tx, records.get(tx, job_id).id)
    if diff is None:
        raise errors.NotFound(f"Job {job_id} has no diff.", remedy="It comes with the end of a run.")
    return diff


_CHANGES = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

OPERATIONS = (
    Operation("GET", "/jobs", list_jobs, "List jobs, newest first", JobPage, query=JobsQuery, problems=()),
    Operation("GET", "/jobs/{id}", get_job, "Show a job", JobDetail),
    Operation("GET", "/jobs/{id}/diff", get_diff, "Show its change as unified diff", text="text/plain"),
    Operation("POST", "/jobs/{id}/cancel", cancel_job, "Stop a job", Cancelled, problems=_CHANGES),
    Operation("POST", "/jobs/{id}/retry", retry_job, "Send an ended job back to the start", Job, problems=_CHANGES),
)
