"""`/api/v1/deliveries`, `/workers` and `/audit`: what arrived, who works, who did what."""

from __future__ import annotations

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs.ledger import audit, deliveries
from jobs.ledger.audit import Entry
from jobs.ledger.deliveries import Received
from jobs.readiness import Readiness
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

MOST = 200  # rows in one answer

_FROZEN = ConfigDict(frozen=True)


class DeliveriesQuery(BaseModel):
    """How many of the newest deliveries are wanted."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(50, ge=1, le=MOST)


class Deliveries(BaseModel):
    """Messages of sources, newest first."""

    model_config = _FROZEN

    deliveries: tuple[Received, ...]


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


class AuditQuery(BaseModel):
    """Which entries are wanted."""

    model_config = ConfigDict(extra="forbid")

    before: int | None = None
    """Identifier of an entry: only older ones. The `next` of the last page."""
    limit: int = Field(50, ge=1, le=MOST)


class Audit(BaseModel):
    """Who did what, newest first."""

    model_config = _FROZEN

    entries: tuple[Entry, ...]
    next: int | None
    """`before` of the next page; null on the last."""


async def list_deliveries(request: web.Request) -> Deliveries:
    """Answer `GET /deliveries`."""
    query = answers.read_query(request, DeliveriesQuery)
    return Deliveries(deliveries=tuple(await answers.services(request).ledger.read(deliveries.recent, query.limit)))


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


async def list_audit(request: web.Request) -> Audit:
    """Answer `GET /audit`."""
    query = answers.read_query(request, AuditQuery)
    ledger = answers.services(request).ledger
    found = await ledger.read(audit.recent, before=query.before, limit=query.limit + 1)
    page = tuple(found[: query.limit])
    return Audit(entries=page, next=page[-1].id if len(found) > query.limit else None)


OPERATIONS = (
    Operation("GET", "/deliveries", list_deliveries, "List deliveries", Deliveries, query=DeliveriesQuery, problems=()),
    Operation("GET", "/workers", list_workers, "List executors that answer", Workers, problems=()),
    Operation("GET", "/audit", list_audit, "List who did what", Audit, query=AuditQuery, problems=()),
)
