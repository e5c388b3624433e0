"""The audit log as a file: every entry that matches, sent page by page, so that its length takes no memory."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Literal

from aiohttp import web

from jobs.job import now
from jobs.ledger import audit
from jobs.ledger.audit import Entry, Filter
from jobs.ledger.database import Ledger

Format = Literal["csv", "jsonl"]

PAGE = 500  # entries read at once

_COLUMNS = ("id", "at", "actor", "claimed", "action", "subject", "detail")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_TYPES: dict[Format, str] = {"csv": "text/csv", "jsonl": "application/jsonl"}


async def send(request: web.Request, ledger: Ledger, wanted: Filter, form: Format) -> web.StreamResponse:
    """Answer with all entries that match, newest first, as a file to be saved."""
    name = f"audit-{now():%Y-%m-%d}.{form}"
    response = web.StreamResponse(headers={"Content-Disposition": f'attachment; filename="{name}"'})
    response.content_type, response.charset = _TYPES[form], "utf-8"
    await response.prepare(request)
    if form == "csv":
        await response.write(_row(_COLUMNS).encode())
    async for page in _pages(ledger, wanted):
        await response.write("".join(map(_WRITE[form], page)).encode())
    await response.write_eof()
    return response


async def _pages(ledger: Ledger, wanted: Filter) -> AsyncIterator[list[Entry]]:
    before: int | None = None
    while page := await ledger.read(audit.listing, wanted, before=before, limit=PAGE):
        yield page
        before = page[-1].id


def as_csv(entry: Entry) -> str:
    """One entry as a line of CSV (RFC 4180) in which no cell is a formula to a spreadsheet.

    See https://owasp.org/www-community/attacks/CSV_Injection: what would begin one is put behind an apostrophe.
    """
    told = (entry.actor, entry.action, entry.subject, entry.detail)
    actor, *rest = (f"'{text}" if text.startswith(_FORMULA) else text for text in told)
    claimed = "yes" if entry.claimed else "no"
    return _row((str(entry.id), entry.at.isoformat(), actor, claimed, *rest))


def as_json(entry: Entry) -> str:
    """One entry as a line of JSON (https://jsonlines.org)."""
    return f"{entry.model_dump_json()}\n"


def _row(cells: Sequence[str]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


_WRITE: dict[Format, Callable[[Entry], str]] = {"csv": as_csv, "jsonl": as_json}
