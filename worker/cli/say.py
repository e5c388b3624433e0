"""How the command line speaks: short lines, one per fact, colour only on a terminal and never alone."""

from __future__ import annotations

import sys

from rich.console import Console
from rich.markup import escape

from jobs import __version__
from worker.cli import terminal

GLYPHS = {"ok": ("✓", "green"), "bad": ("✕", "red"), "busy": ("●", "blue"), "warn": ("◔", "yellow"), "": (" ", "dim")}


def console(*, error: bool = False) -> Console:
    """The terminal, without wrapping or markup in what comes from elsewhere."""
    return Console(stderr=error, highlight=False, soft_wrap=True)


def title() -> None:
    """The first line of a long-running command."""
    console().print(f"[bold]JCA[/bold] {__version__}")


def part(name: str, text: str) -> None:
    """One component and where it is."""
    line("ok" if name else "", f"{name:<9} {text}" if name else text)


def line(glyph: str, text: str) -> None:
    """One fact with its glyph."""
    sign, colour = GLYPHS[glyph]
    console().print(f"  [{colour}]{sign}[/{colour}] {escape(terminal.clean(text))}")
    sys.stdout.flush()


def output(kind: str, text: str) -> None:
    """One line of a run's live output."""
    if kind == "output":
        console().print(f"      [dim]{escape(terminal.clean(text))}[/dim]")
    else:
        line({"stage": "busy", "error": "bad", "note": "ok"}.get(kind, ""), text)


def nothing(_kind: str, _text: str) -> None:
    """Keep silent."""
