"""`/api/v1/jobs`: find, read, stop and retry."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, field_validator

from jobs import errors
from jobs.job import Job, Status, now
from jobs.ledger import records, runs
from jobs.ledger.records import Filter, Transition
from jobs.ledger.runs import Stage
from jobs.reasons import Reason
from jobs.results import Usage
from worker.gateway import actions, listing, scene, views
from worker.gateway import standing as standings
from worker.gateway.api import answers
from worker.gateway.api.answers import ACTOR
from worker.gateway.api.operation import Operation

TRUNCATED = "JCA-Truncated"
"""Response header, `true` when a diff was too long to be kept whole."""

MOST = 200  # jobs in one answer

_Model = ConfigDict(frozen=True)


class JobsQuery(BaseModel):
    """What a list of jobs is narrowed to."""

    model_config = ConfigDict(extra="forbid")

    status: str = ""
    """A word of the queue page (`running`, `queued`, `held`, `failed`, …) or a stored status (`denied`, …)."""
    q: str = Field("", max_length=200)
    """Words in ticket key, title, repository, branch or job id."""
    provider: str = ""
    repository: str = ""
    before: str = ""
    """Job id: only older ones. The `next` of the last page."""
    limit: int = Field(50, ge=1, le=MOST)

    @field_validator("status")
    @classmethod
    def _known(cls, value: str) -> str:
        words = [*listing.WORDS, *(status.value for status in Status if status.value not in listing.WORDS)]
        if value and value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return value

    def filter(self) -> Filter:
        """The ledger's filter, without the word of the queue page."""
        stored = () if self.status in {"", *listing.WORDS} else (Status(self.status),)
        return Filter(
            statuses=stored, text=self.q, provider=self.provider, repository=self.repository, before=self.before
        )


class JobLine(BaseModel):
    """A job in a list: what is shown of it without its texts."""

    model_config = _Model

    id: str
    status: Status
    shown: str
    """The status in the word people see: a queued job nobody is ready for is `held`."""
    note: str
    """Why it does not run, what it is doing, or what it came to."""
    reason: Reason | None
    source: str
    ticket: str
    title: str
    ticket_url: str
    repository: str
    provider: str
    model: str
    run: int
    worker: str
    usage: Usage
    branch: str
    pull_request: str
    """Its address; empty while there is none."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobPage(BaseModel):
    """Jobs, newest first."""

    model_config = _Model

    jobs: tuple[JobLine, ...]
    next: str | None
    """`before` of the next page; null on the last."""


class JobDetail(Job):
    """Everything about one job but its log and diff."""

    shown: str
    note: str
    stages: tuple[Stage, ...]
    """Of the present run."""
    history: tuple[Transition, ...]
    report: str
    """What the ticket's author reads, as Markdown."""


class Cancelled(BaseModel):
    """What became of a wish to stop a job."""

    model_config = _Model

    status: Literal["cancelled", "stopping"]
    """`stopping`: its worker was told and reports the end itself."""
    job: Job


async def list_jobs(request: web.Request) -> JobPage:
    """Answer `GET /jobs`."""
    query = answers.read_query(request, JobsQuery)
    services, moment = answers.services(request), now()
    standing = await standings.look(services, moment)
    async with services.ledger.read() as tx:
        accounts = listing.Accounts(tuple((await records.facets(tx))[0]), standing.ready_accounts)
        wanted = listing.filters(query.status, query.filter(), accounts)
        found = await listing.page(tx, wanted, query.limit + 1)
        page = found[: query.limit]
        around = await scene.look(services, tx, page, (standing, moment))
    lines = tuple(_line(job, around) for job in page)
    return JobPage(jobs=lines, next=page[-1].id if len(found) > query.limit else None)


async def get_job(request: web.Request) -> JobDetail:
    """Answer `GET /jobs/{id}`."""
    services, moment = answers.services(request), now()
    standing = await standings.look(services, moment)
    async with services.ledger.read() as tx:
        job = await records.get(tx, request.match_info["id"])
        row = views.row(job, await scene.look(services, tx, [job], (standing, moment)))
        return JobDetail(
            **dict(job),
            shown=row.shown.word,
            note=row.note,
            stages=tuple(await runs.stages(tx, job.id, job.run)),
            history=tuple(await records.history(tx, job.id)),
            report=await runs.report(tx, job.id),
        )


async def get_diff(request: web.Request) -> web.Response:
    """Answer `GET /jobs/{id}/diff`."""
    async with answers.services(request).ledger.read() as tx:
        job = await records.get(tx, request.match_info["id"])
        diff = await runs.diff(tx, job.id)
    if diff is None:
        raise errors.NotFound(f"Job {job.id} has no diff.", remedy="It comes with the end of a run.")
    return answers.plain(diff.text, {TRUNCATED: "true"} if diff.truncated else None)


async def cancel_job(request: web.Request) -> Cancelled:
    """Answer `POST /jobs/{id}/cancel`."""
    job = await actions.cancel(answers.services(request), request.match_info["id"], ACTOR)
    return Cancelled(status="cancelled" if job.status is Status.CANCELLED else "stopping", job=job)


async def retry_job(request: web.Request) -> Job:
    """Answer `POST /jobs/{id}/retry`."""
    return await actions.retry(answers.services(request), request.match_info["id"], ACTOR)


def _line(job: Job, around: views.Scene) -> JobLine:
    row = views.row(job, around)
    return JobLine(
        **job.model_dump(
            include={
                "id",
                "status",
                "reason",
                "repository",
                "run",
                "worker",
                "usage",
                "branch",
                "created_at",
                "started_at",
                "ended_at",
            },
        ),
        shown=row.shown.word,
        note=row.note,
        source=job.ticket.source,
        ticket=job.ticket.key,
        title=job.ticket.title,
        ticket_url=job.ticket.url,
        provider=job.selection.provider if job.selection else "",
        model=job.selection.model if job.selection else "",
        pull_request=job.pull_request.url if job.pull_request else "",
    )


_CHANGES = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)

OPERATIONS = (
    Operation("GET", "/jobs", list_jobs, "List jobs, newest first", JobPage, query=JobsQuery, problems=()),
    Operation("GET", "/jobs/{id}", get_job, "Show a job", JobDetail),
    Operation("GET", "/jobs/{id}/diff", get_diff, "Show its change as unified diff", text="text/plain"),
    Operation("POST", "/jobs/{id}/cancel", cancel_job, "Stop a job", Cancelled, problems=_CHANGES),
    Operation("POST", "/jobs/{id}/retry", retry_job, "Send an ended job back to the start", Job, problems=_CHANGES),
)
