"""`/api/v1/deliveries`: what arrived, and what became of it."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs.ledger import deliveries
from jobs.ledger.deliveries import Filter, Received
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

MOST = 200  # rows in one answer


class DeliveriesQuery(BaseModel):
    """Which deliveries are wanted; empty fields do not narrow."""

    model_config = ConfigDict(extra="forbid")

    source: str = ""
    ticket: str = Field("", max_length=256)
    """Key of the ticket they tell of: `PAY-412`, `acme/payments#7`."""
    outcome: Literal["", "accepted", "duplicate", "ignored"] = ""
    text: str = Field("", max_length=200)
    """Part of the event, the actor, the reason or the sender's identifier, without regard to case."""
    before: str = ""
    """Identifier of a delivery: only older ones. The `next` of the last page."""
    limit: int = Field(50, ge=1, le=MOST)


class Deliveries(BaseModel):
    """Messages of sources, newest first."""

    model_config = ConfigDict(frozen=True)

    deliveries: tuple[Received, ...]
    next: str | None
    """`before` of the next page; null on the last."""


async def list_deliveries(request: web.Request) -> Deliveries:
    """Answer `GET /deliveries`."""
    query = answers.read_query(request, DeliveriesQuery)
    wanted = Filter.model_validate(query.model_dump(exclude={"limit"}))
    found = await answers.services(request).ledger.read(deliveries.listing, wanted, limit=query.limit + 1)
    page = tuple(found[: query.limit])
    return Deliveries(deliveries=page, next=page[-1].id if len(found) > query.limit else None)


OPERATIONS = (
    Operation("GET", "/deliveries", list_deliveries, "List deliveries", Deliveries, query=DeliveriesQuery, problems=()),
)
