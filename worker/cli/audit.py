"""`jca audit`: who did what."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

import typer

from jobs import errors
from jobs.job import now
from worker.cli import terminal
from worker.cli.client import Gateway

_AGO = re.compile(r"(\d{1,6})([mhdw])\Z", re.ASCII)
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Format(StrEnum):
    """How entries are exported."""

    CSV = "csv"
    JSON_LINES = "jsonl"


def audit(
    *,
    actor: Annotated[str, typer.Option(help="Part of who acted, such as alice, cli: or browser.")] = "",
    action: Annotated[str, typer.Option(help="job.cancel, or job for everything done to jobs.")] = "",
    text: Annotated[str, typer.Option(help="Part of the subject or the detail.")] = "",
    since: Annotated[str, typer.Option(help="A day or moment in UTC, or an age: 2026-11-21, 90m, 24h, 7d.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most this many, newest first.")] = 50,
    export: Annotated[Format | None, typer.Option(help="Write all that matches, whatever the limit.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say who did what, newest first."""
    begin = moment(since, now()).isoformat() if since else ""
    wanted = {"actor": actor, "action": action, "text": text, "since": begin}
    with Gateway.here() as gateway:
        if export:
            sys.stdout.buffer.write(gateway.text("audit/export", format=export.value, **wanted).content)
            return
        page = gateway.get("audit", limit=limit, **wanted)
    if as_json:
        terminal.write_json(page["entries"])
        return
    nothing = "No entry matches." if any(wanted.values()) else "Nobody has done anything yet."
    terminal.table(["when (UTC)", "who", "did", "to what"], [_row(entry) for entry in page["entries"]], empty=nothing)
    if page["next"]:
        terminal.note("There are older ones: raise --limit, or use --export.")


def moment(text: str, present: datetime) -> datetime:
    """A day, a moment or an age as a moment in UTC.

    Raises:
        errors.BadInput: it is none of them.
    """
    if ago := _AGO.match(text):
        return present - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        remedy = "Give a day such as 2026-11-21, a moment such as 2026-11-21T14:00, or an age such as 90m, 24h or 7d."
        raise errors.BadInput(f"{text!r} is no moment.", remedy=remedy) from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _row(entry: dict[str, Any]) -> list[str]:
    subject = "\n".join(filter(None, (entry["subject"], entry["detail"])))
    return [entry["at"][:19].replace("T", " "), entry["actor"], entry["action"], subject]
