"""What commands print: tables and facts for people, JSON for programs. Foreign text cannot steer the terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

GLYPHS = {
    "received": "○",
    "triaging": "○",
    "queued": "○",
    "held": "◔",
    "running": "●",
    "publishing": "●",
    "succeeded": "✓",
    "failed": "✕",
    "denied": "✕",
    "blocked": "✕",
    "publish failed": "✕",
    "cancelled": "⊘",
    "superseded": "⊘",
    "ready": "✓",
    "degraded": "◔",
    "checking": "●",
    "off": "○",
    "done": "✓",
    "published": "✓",
    "parked": "◔",
    "released": "○",
    "unpublished": "✕",
    "lost": "✕",
    "crashed": "✕",
    "skipped": "○",
}
"""The sign beside each word for the state of a job, a provider or a stage."""

_STYLES = {"○": "dim", "◔": "yellow", "●": "blue", "✓": "green", "✕": "red", "⊘": "dim"}

_ESCAPES = re.compile(
    r"""
    \x1b\[[0-?]*[\x20-/]*[@-~]              # CSI: colours and cursor movement
    | \x1b[\]PX^_].*?(?:\x07|\x1b\\|\Z)     # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    | \x1b[\x20-/]*[0-~]
    """,
    re.VERBOSE | re.DOTALL,
)
"""Control sequences of ECMA-48."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 less tab and line feed, and what reorders text."""

SHORT = 12  # characters; a column of shorter values is not broken up

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400  # seconds


def clean(text: str) -> str:
    """Text without anything that steers a terminal."""
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def write(text: str) -> None:
    """Print text of foreign origin."""
    typer.echo(clean(text))


def note(text: str) -> None:
    """Say something beside the output, on standard error."""
    typer.echo(clean(text), err=True)


def write_json(record: object) -> None:
    """Print a record for programs."""
    typer.echo(json.dumps(record, indent=2, ensure_ascii=True))


def status(word: str) -> Text:
    """A status as sign and word."""
    glyph = GLYPHS.get(word, "○")
    return Text(f"{glyph} {word}", style=_STYLES[glyph])


def table(headings: Sequence[str], rows: Sequence[Sequence[str | Text]], *, empty: str) -> None:
    """Print a table, or the sentence `empty` when there are no rows. The first column is never shortened."""
    if not rows:
        typer.echo(empty)
        return
    cells = [[_cell(value) for value in row] for row in rows]
    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for place, heading in enumerate(headings):
        longest = max(len(heading), *(row[place].cell_len for row in cells))
        drawn.add_column(heading, overflow="fold", min_width=min(longest, SHORT) if place else longest)
    for row in cells:
        drawn.add_row(*row)
    _console().print(drawn)


def facts(pairs: Sequence[tuple[str, str | Text]]) -> None:
    """Print names with their values, leaving out what is empty."""
    drawn = Table.grid(padding=(0, 2))
    for name, value in pairs:
        if value:
            drawn.add_row(Text(name, style="dim"), _cell(value))
    _console().print(drawn)


def ago(moment: str) -> str:
    """How long ago an ISO 8601 moment was: `41s`, `3m`, `2h`, `5d`."""
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()))
    if seconds < _MINUTE:
        return f"{seconds}s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE}m"
    return f"{seconds // _HOUR}h" if seconds < _DAY else f"{seconds // _DAY}d"


def _cell(value: str | Text) -> Text:
    return value if isinstance(value, Text) else Text(clean(value))


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False, soft_wrap=False)
