"""`jca secrets`: the keys that stored secrets are sealed with."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli import terminal
from worker.cli.client import Gateway

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The keys that stored secrets are sealed with.")


@app.callback()
def _group() -> None:
    """Keep `rotate` a word of its own: a group of one command would swallow it."""


@app.command("rotate")
def rotate_secrets(
    *, as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False
) -> None:
    """Seal every stored secret with the first of the keys, so that the others can be taken away.

    Put the new key before the old one, in JCA_WEBHOOK_KEY and JCA_SECRET_KEY or in the files webhook-key and
    secret-key of the state directory, separated by a comma; restart; run this; take the old key away; restart.
    """
    with Gateway.here() as gateway:
        answer = gateway.post("secrets/rotate")
    if as_json:
        terminal.write_json(answer)
        return
    terminal.write(f"✓ Sealed anew: {answer['sources']} webhook secrets, {answer['access']} accesses to trackers.")
    terminal.write("The keys behind the first ones are no longer needed.")
