"""`/api/v1/jobs/{id}/log` and `/events`: what a job says, kept and live."""

from __future__ import annotations

import contextlib
import re
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, BaseModel, ConfigDict, RootModel

from jobs.events import LogLine
from jobs.job import Job
from jobs.ledger import records
from worker.gateway import output, pulse, streams
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.services import Services

_STREAM_ID = re.compile(r"\d{1,20}-\d{1,20}\Z")


def _stream_id(value: str) -> str:
    if value and not _STREAM_ID.match(value):
        raise ValueError(f"{value!r} is not the id of a line")
    return value


class LogQuery(BaseModel):
    """How a log is wanted."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["text", "json"] = "text"
    after: Annotated[str, AfterValidator(_stream_id)] = ""
    """Id of a line: only later ones."""


class Log(RootModel[tuple[LogLine, ...]]):
    """A job's output, oldest first."""


class Ended(BaseModel):
    """The last event of a stream: nothing more comes by itself."""

    model_config = ConfigDict(frozen=True)

    status: str


async def get_log(request: web.Request) -> Log | web.Response:
    """Answer `GET /jobs/{id}/log`."""
    query = answers.read_query(request, LogQuery)
    services = answers.services(request)
    job = await _job(services, request.match_info["id"])
    batches = output.later(services, job.id, query.after or output.BEGINNING)
    lines = [line async for batch in batches for line in batch]
    if query.format == "json":
        return Log(tuple(lines))
    return answers.plain("".join(f"{line.text}\n" for line in lines))


async def follow_log(request: web.Request) -> web.StreamResponse:
    """Answer `GET /jobs/{id}/events`: one event `line` per line with its id, then `end` when the job has ended.

    A reader that comes back with `Last-Event-ID` goes on after that line.
    """
    services = answers.services(request)
    job = await _job(services, request.match_info["id"])
    seen = request.headers.get("Last-Event-ID", "")
    batches = output.follow(services, job.id, seen if _STREAM_ID.match(seen) else output.BEGINNING, pulse.INTERVAL)
    async with streams.Channel(request) as channel, contextlib.aclosing(batches):
        async for batch in batches:
            for line in batch:
                await channel.send("line", line.model_dump_json(), identity=line.id)
            if not batch and (job := await _job(services, job.id)).ended:
                await channel.send("end", Ended(status=job.status).model_dump_json())
                break
            await channel.keep_alive()
    return channel.response


async def _job(services: Services, job_id: str) -> Job:
    return await services.ledger.read(records.get, job_id)


OPERATIONS = (
    Operation("GET", "/jobs/{id}/log", get_log, "Read its output", Log, text="text/plain", query=LogQuery),
    Operation("GET", "/jobs/{id}/events", follow_log, "Follow its output as it comes", text="text/event-stream"),
)
