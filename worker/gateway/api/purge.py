"""`/api/v1/purge`: forget whatever belongs to one ticket."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs.ledger import retention
from worker.gateway import purging
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation
from worker.gateway.purging import Purge


class Ticket(BaseModel):
    """Which ticket, as it is named here."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str = Field(min_length=1, max_length=64)
    ticket: str = Field(min_length=1, max_length=256)
    """Its key, such as PAY-412 or acme/shop#7."""


class TicketQuery(BaseModel):
    """Which tickets."""

    model_config = ConfigDict(extra="forbid")

    ticket: str = Field(min_length=1, max_length=256)
    """A key; several sources may have a ticket of the same key."""


class TicketJobs(BaseModel):
    """One ticket with its jobs."""

    model_config = ConfigDict(frozen=True)

    source: str
    jobs: tuple[str, ...]


class Purgeable(BaseModel):
    """What there is to be forgotten."""

    model_config = ConfigDict(frozen=True)

    tickets: tuple[TicketJobs, ...]


async def preview_purge(request: web.Request) -> Purgeable:
    """Answer `GET /purge`."""
    query = answers.read_query(request, TicketQuery)
    found = await answers.services(request).ledger.read(retention.of_ticket, query.ticket)
    return Purgeable(tickets=tuple(TicketJobs(source=source, jobs=tuple(ids)) for source, ids in found.items()))


async def purge(request: web.Request) -> Purge:
    """Answer `POST /purge`."""
    wanted = await answers.read_body(request, Ticket)
    return await purging.purge(answers.services(request), wanted.source, wanted.ticket, answers.actor(request))


OPERATIONS = (
    Operation(
        "GET", "/purge", preview_purge, "List the jobs of a ticket by source", Purgeable, query=TicketQuery, problems=()
    ),
    Operation(
        "POST",
        "/purge",
        purge,
        "Forget whatever belongs to a ticket",
        Purge,
        body=Ticket,
        problems=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    ),
)
