"""`jca intake pause` and `resume`: whether what sources bring is looked at."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

import typer

from jobs import holds
from worker.cli import terminal
from worker.cli.client import Gateway

app = typer.Typer(no_args_is_help=True)

Source = Annotated[str, typer.Option(metavar="NAME", help="Only what this source brings.")]


@app.command()
def pause(
    *,
    source: Source = "",
    note: Annotated[str, typer.Option(help="Why, for those who wait.")] = "",
) -> None:
    """Decide nothing more until `jca intake resume`: deliveries are taken and wait."""
    with Gateway.here() as gateway:
        hold = gateway.post("holds", {"subject": _subject(source), "note": note})
    terminal.write(f"◔ {holds.named(hold['subject'])}: {hold['reason']['sentence']} Nothing is lost.")


@app.command()
def resume(*, source: Source = "") -> None:
    """Decide what has arrived meanwhile, the oldest first."""
    subject = _subject(source)
    with Gateway.here() as gateway:
        gateway.delete(f"holds/{quote(subject, safe='')}")
    terminal.write(f"✓ {holds.named(subject)}: resumed.")


def _subject(source: str) -> str:
    return holds.intake(source) if source else holds.INTAKE
