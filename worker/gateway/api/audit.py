"""`/api/v1/audit`: who did what, as a page of entries or all of them as a file."""

from __future__ import annotations

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from jobs.ledger import audit
from jobs.ledger.audit import Entry, Filter
from worker.gateway import audit_export
from worker.gateway.api import answers
from worker.gateway.api.operation import Operation

MOST = 200  # rows in one answer


class AuditFilter(BaseModel):
    """Which entries are wanted; empty fields do not narrow."""

    model_config = ConfigDict(extra="forbid")

    actor: str = Field("", max_length=200)
    """Part of the actor, without regard to case."""
    action: str = Field("", max_length=64)
    """`job.cancel`, or `job` for everything done to jobs."""
    text: str = Field("", max_length=200)
    """Part of the subject or the detail, without regard to case."""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    """Up to, and without, this moment."""

    def wanted(self) -> Filter:
        """The same for the ledger."""
        return Filter.model_validate(self.model_dump(include=set(Filter.model_fields)))


class AuditQuery(AuditFilter):
    """Which entries are wanted, and how many."""

    before: int | None = None
    """Identifier of an entry: only older ones. The `next` of the last page."""
    limit: int = Field(50, ge=1, le=MOST)


class ExportQuery(AuditFilter):
    """Which entries are wanted, and how they are written."""

    format: audit_export.Format = "jsonl"


class Audit(BaseModel):
    """Who did what, newest first."""

    model_config = ConfigDict(frozen=True)

    entries: tuple[Entry, ...]
    next: int | None
    """`before` of the next page; null on the last."""


async def list_audit(request: web.Request) -> Audit:
    """Answer `GET /audit`."""
    query = answers.read_query(request, AuditQuery)
    ledger = answers.services(request).ledger
    found = await ledger.read(audit.listing, query.wanted(), before=query.before, limit=query.limit + 1)
    page = tuple(found[: query.limit])
    return Audit(entries=page, next=page[-1].id if len(found) > query.limit else None)


async def export_audit(request: web.Request) -> web.StreamResponse:
    """Answer `GET /audit/export`: all that matches, newest first."""
    query = answers.read_query(request, ExportQuery)
    return await audit_export.send(request, answers.services(request).ledger, query.wanted(), query.format)


OPERATIONS = (
    Operation("GET", "/audit", list_audit, "List who did what", Audit, query=AuditQuery, problems=()),
    Operation(
        "GET",
        "/audit/export",
        export_audit,
        "Export who did what as JSON lines or CSV",
        text="application/jsonl",
        query=ExportQuery,
        problems=(),
    ),
)
