"""Errands on the command line: asked for, followed step by step, and ended with their exit code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import typer

from jobs import errors
from worker.cli import say, terminal
from worker.cli.client import Gateway

FAILED, NOT_READY = 1, 3  # exit codes

_GLYPHS = {None: "busy", True: "ok", False: "bad"}


def see_through(path: str, wanted: Mapping[str, str], *, as_json: bool) -> None:
    """Ask for an errand and show it until it ends.

    Args:
        path: what to ask, below `/api/v1/`.
        wanted: the body of the request.
        as_json: print the whole errand as JSON at the end, instead of its steps as they come.

    Raises:
        typer.Exit: it failed (1), or no worker took it up (3).
        errors.NotReady: no worker is there.
        errors.TryAgain: the connection to the gateway broke.
    """
    with Gateway.here() as gateway:
        errand = gateway.post(path, wanted)
        if not as_json:
            terminal.note(f"On {errand['worker']}:")
        _follow(gateway, errand["id"], show=not as_json)
        progress = gateway.get(f"errands/{errand['id']}")
    if as_json:
        terminal.write_json(progress)
    if not progress["end"]["ok"]:
        raise typer.Exit(FAILED if progress["taken"] else NOT_READY)


def _follow(gateway: Gateway, errand_id: str, *, show: bool) -> None:
    for event in gateway.follow(f"errands/{errand_id}/events"):
        word = json.loads(event.data)
        if show:
            _show(word)
        if event.name == "end":
            return
    raise errors.TryAgain("The gateway closed the stream before the end.")


def _show(word: dict[str, Any]) -> None:
    """Print a step, or the end, which has a sentence instead of a name."""
    text = word.get("sentence") or f"{word['name']}: {word['detail']}"
    took = f" ({word['milliseconds']:.0f} ms)" if word.get("milliseconds") else ""
    say.line(_GLYPHS[word["ok"]], f"{text}{took}")
    if word["remedy"]:
        say.line("", f"→ {word['remedy']}")
