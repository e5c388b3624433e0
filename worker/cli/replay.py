"""`jca replay`: a recorded delivery once more, and what becomes of it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs import errors
from worker.cli import terminal
from worker.cli.client import Gateway

_ID = re.compile(r"[0-9a-z]{26}")

FAILED = 1  # exit code when the receiver refuses


def replay(
    *,
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|-|ID",
            help="JSON with headers and body, or as GitHub's API shows a delivery; or the id of one in the log.",
        ),
    ],
    source: Annotated[str, typer.Option(help="The source it came through; told by the headers when not given.")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Give it a new identifier, so that it does not count as a repetition.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Send a recorded delivery to the local receiver again, signed by the gateway, and say what became of it.

    Exits with 1 when the receiver refuses it.
    """
    of_log = _ID.fullmatch(file) and not Path(file).exists()
    path, wanted = (f"deliveries/{file}/replay", {}) if of_log else ("deliveries/replay", _read(file, source, again))
    with Gateway.here() as gateway:
        answer = gateway.post(path, wanted)
    if as_json:
        terminal.write_json(answer)
    else:
        _show(answer)
    if answer["status"] >= 400:  # noqa: PLR2004 - HTTP
        raise typer.Exit(FAILED)


def _read(file: str, source: str, again: bool) -> dict[str, Any]:
    headers, body = _recorded(file)
    return {"source": source or _source_of(headers), "headers": headers, "body": body, "again": again}


def _recorded(file: str) -> tuple[dict[str, str], Any]:
    try:
        found = json.loads(sys.stdin.read() if file == "-" else Path(file).read_text())
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise errors.BadInput(f"{file} is not JSON.") from error
    sent = found.get("request", found) if isinstance(found, dict) else {}
    headers, body = sent.get("headers"), sent.get("body", sent.get("payload"))
    if not isinstance(headers, dict) or body is None:
        remedy = 'It is {"headers": {…}, "body": …}, or what GitHub\'s API shows of a delivery.'
        raise errors.BadInput(f"{file} has no headers and body.", remedy=remedy)
    return {str(name): str(value) for name, value in headers.items()}, body


def _source_of(headers: dict[str, str]) -> str:
    names = {name.lower() for name in headers}
    if "x-github-event" in names:
        return "github"
    return "local" if "x-jca-delivery" in names else "jira"


def _show(answer: dict[str, Any]) -> None:
    told = answer["answer"]
    word = told.get("status") or told.get("error") or "answered"
    glyph = {"accepted": "✓", "duplicate": "○", "ignored": "○"}.get(word, "✕")
    why = told.get("detail") or told.get("reason") or told.get("message") or ""
    terminal.write(f"{glyph} {answer['status']} {word}{f': {why}' if why else ''}")
    if told.get("job"):
        terminal.write(f"  `jca jobs show {told['job']}` shows its job.")
