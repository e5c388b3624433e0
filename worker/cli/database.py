"""`jca db …`: the ledger's schema."""

from __future__ import annotations

import typer

app = typer.Typer(help="Bring the ledger to the present schema.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keep `upgrade` a command of its own."""


@app.command()
def upgrade() -> None:
    """Upgrade the ledger; an SQLite file is copied first when it must change."""
    from jobs import settings as settings_module  # noqa: PLC0415 - `jca --help` must not load the parts
    from jobs.ledger import migrate  # noqa: PLC0415
    from worker import state  # noqa: PLC0415

    settings = settings_module.load()
    state.prepare(settings.state_dir)
    typer.echo(f"The ledger is at schema {migrate.upgrade(settings.ledger_url)}.")
