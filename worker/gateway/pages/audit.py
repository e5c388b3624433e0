"""The audit log: who did what, when, to what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from urllib.parse import urlencode

from aiohttp import web

from jobs.ledger import audit
from jobs.ledger.audit import Entry, Filter
from jobs.ledger.database import Transaction
from worker.gateway import audit_export, rendering
from worker.gateway.pages.query import LONGEST
from worker.gateway.services import SERVICES

PAGE = 50  # entries

_NUMBER = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
_JOB_ID = re.compile(r"[0-9a-z]{26}\Z")


@dataclass(frozen=True)
class Query:
    """What the reader asked for, as it stands in the address; empty fields do not narrow."""

    actor: str = ""
    action: str = ""
    q: str = ""
    since: str = ""
    """A day, `2026-11-21`, in UTC."""
    until: str = ""
    """A day, itself included."""
    before: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Query:
        """Take what can be used from a query string."""
        before = values.get("before", "")
        return cls(
            **{name: values.get(name, "").strip()[:LONGEST] for name in ("actor", "action", "q")},
            **{name: values.get(name, "") if _day(values.get(name, "")) else "" for name in ("since", "until")},
            before=before if _NUMBER.match(before) else "",
        )

    def url(self, path: str = "/audit", **changes: str) -> str:
        """The address of this view with some of its fields changed."""
        query = urlencode({name: value for name, value in vars(replace(self, **changes)).items() if value})
        return f"{path}?{query}" if query else path

    @property
    def narrowed(self) -> bool:
        """Whether anything but the page is chosen."""
        return bool(self.actor or self.action or self.q or self.since or self.until)

    @property
    def filter(self) -> Filter:
        """The same for the ledger."""
        until = _day(self.until)
        return Filter(
            actor=self.actor,
            action=self.action,
            text=self.q,
            since=_day(self.since),
            until=until + timedelta(days=1) if until else None,
        )


@dataclass(frozen=True)
class Shelf:
    """What the page shows of the ledger."""

    entries: list[Entry]
    more: bool
    actions: list[str]


async def show(request: web.Request) -> web.Response:
    """One page of entries with the filters."""
    query = Query.read(request.query)
    shelf = await request.config_dict[SERVICES].ledger.read(_look, query)
    groups = dict.fromkeys(action.partition(".")[0] for action in shelf.actions)
    context = {
        "query": query,
        "entries": shelf.entries,
        "is_job": lambda entry: entry.action.startswith("job.") and bool(_JOB_ID.match(entry.subject)),
        "groups": {group: [one for one in shelf.actions if one.startswith(f"{group}.")] for group in groups},
        "older": query.url(before=str(shelf.entries[-1].id)) if shelf.more else "",
    }
    return rendering.page(request, "audit.html", context)


async def export(request: web.Request) -> web.StreamResponse:
    """All that matches, as a file."""
    form = cast("audit_export.Format", request.match_info["format"])
    ledger = request.config_dict[SERVICES].ledger
    return await audit_export.send(request, ledger, Query.read(request.query).filter, form)


def _look(tx: Transaction, query: Query) -> Shelf:
    before = int(query.before) if query.before else None
    found = audit.listing(tx, query.filter, before=before, limit=PAGE + 1)
    return Shelf(found[:PAGE], len(found) > PAGE, audit.actions(tx))


def _day(text: str) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(text), time(tzinfo=UTC))
    except ValueError:
        return None
