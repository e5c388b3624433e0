"""The command line put together. A new command is one line in `COMMANDS`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

import jobs
from jobs import errors
from worker.cli.lazy import Command, group

RUN = "Run"
WORK = "Tickets and jobs"
SETUP = "Set up"
PARTS = "Single parts, for several machines"

COMMANDS: tuple[Command, ...] = (
    Command("up", "worker.cli.up_command:up", RUN, "Run everything on this machine. Ctrl-C stops it."),
    Command("demo", "worker.cli.demo:demo", RUN, "Watch a ticket become a pull request; no account needed."),
    Command("run", "worker.cli.run_command:run", RUN, "Turn one ticket into a validated branch, without webhooks."),
    Command("doctor", "worker.cli.doctor:doctor", RUN, "Name what is missing on this machine, and the remedy."),
    Command("jobs", "worker.cli.jobs_commands:app", WORK, "List, read, follow, cancel, retry and pause jobs."),
    Command("explain", "worker.cli.explain:explain", WORK, "Say how a ticket reads and what it would run with."),
    Command("replay", "worker.cli.replay:replay", WORK, "Send a recorded delivery again and say what becomes of it."),
    Command("audit", "worker.cli.audit:audit", WORK, "Say who did what, or export it."),
    Command("purge", "worker.cli.purge:purge", WORK, "Forget whatever belongs to one ticket."),
    Command("repos", "worker.cli.repos:app", SETUP, "List, add and remove the repositories jobs may write."),
    Command("sources", "worker.cli.sources:app", SETUP, "Say who may send tickets, and rotate their secrets."),
    Command("secrets", "worker.cli.secrets:app", SETUP, "Seal what is stored with another key."),
    Command("intake", "worker.cli.intake:app", SETUP, "Let what sources bring wait, and take it up again."),
    Command("providers", "worker.cli.providers:app", SETUP, "List AI providers and say whether they are ready."),
    Command("gateway", "worker.cli.up_command:run_gateway", PARTS, "Run only the pages, the API and the duties."),
    Command("webhooks", "worker.cli.up_command:run_webhooks", PARTS, "Run only the webhook receiver."),
    Command("executor", "worker.cli.up_command:run_executor", PARTS, "Run only an executor."),
    Command("db", "worker.cli.database:app", PARTS, "Bring the ledger to the present schema."),
)

EPILOG = """\b
[bold]Try first[/bold]
  [cyan]jca demo[/cyan]           one ticket becomes a pull request; no account needed
  [cyan]jca up[/cyan]             start everything, then open http://127.0.0.1:8010
  [cyan]jca explain FILE[/cyan]   read a ticket's \\[JCA] block before you send it
"""

FAILED = 1  # exit code where no error says another

app = typer.Typer(
    name="jca",
    cls=group(COMMANDS),
    help="Turns tickets into validated pull requests, with the AI account you already have, on machines you own.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"jca {jobs.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line and exit with its code: 0 ok, 1 failed, 2 usage, 3 not ready, 130 interrupted."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; failures are said on standard error."""
    try:
        typer.main.get_command(app).main(args=arguments, prog_name="jca")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else FAILED
    except errors.JcaError as error:
        _complain(error.message, error.remedy)
        return error.exit_code
    except Exception as error:  # a person reads this; the traceback is for those who ask
        if os.environ.get("JCA_DEBUG") == "1":
            raise
        remedy = "Run it again with JCA_DEBUG=1 for the traceback, and please report it."
        _complain(f"JCA itself failed: {type(error).__name__}: {error}", remedy)
        return FAILED
    return 0


def _complain(message: str, remedy: str) -> None:
    typer.secho(f"✕ {message}", fg=typer.colors.RED, err=True)
    if remedy:
        typer.echo(f"  {remedy}", err=True)
