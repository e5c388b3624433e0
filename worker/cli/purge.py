"""`jca purge`: forget whatever belongs to one ticket."""

from __future__ import annotations

from typing import Annotated

import typer

from jobs import errors
from worker.cli import terminal
from worker.cli.client import Gateway


def purge(
    *,
    ticket: Annotated[str, typer.Option(metavar="KEY", help="The ticket's key, as `jca jobs list` shows it.")],
    source: Annotated[str, typer.Option(metavar="NAME", help="Its source, where several have such a key.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs; needs --yes.")] = False,
) -> None:
    """Forget a ticket's jobs with their history, logs, diffs, reports and deliveries. What is pushed stays."""
    if as_json and not yes:
        raise errors.BadInput("--json asks nothing.", remedy="Say --yes as well.")
    with Gateway.here() as gateway:
        source, jobs = _found(gateway, ticket, source)
        if not yes:
            _ask(ticket, source, jobs)
        purged = gateway.post("purge", {"source": source, "ticket": ticket})
    if as_json:
        terminal.write_json(purged)
        return
    terminal.write(f"✓ {_counted(len(purged['jobs']))} of {ticket} of {source} forgotten.")
    for said in purged["workers"]:
        terminal.write(f"{'✓' if said['ok'] else '✕'} {said['worker']}: {said['sentence']}")


def _found(gateway: Gateway, ticket: str, source: str) -> tuple[str, list[str]]:
    """The source that is meant, and the jobs of its ticket."""
    answer = gateway.get("purge", ticket=ticket)
    found = {one["source"]: one["jobs"] for one in answer["tickets"]}
    if source not in found and (source or not found):
        of = f" of {source}" if source else ""
        remedy = f"Sources with such a ticket: {', '.join(found)}." if found else "`jca jobs list` shows tickets."
        raise errors.NotFound(f"There is no job of the ticket {ticket}{of}.", remedy=remedy)
    if not source and len(found) > 1:
        remedy = f"Say which one with --source: {', '.join(found)}."
        raise errors.BadInput(f"Several sources have a ticket {ticket}.", remedy=remedy)
    chosen = source or next(iter(found))
    return chosen, found[chosen]


def _ask(ticket: str, source: str, jobs: list[str]) -> None:
    terminal.write(f"{_counted(len(jobs))} of {ticket} of {source}, with history, log, diff, report and deliveries:")
    for job in jobs:
        terminal.write(f"  {job}")
    terminal.write("Branches and pull requests that exist stay where they are.")
    typer.confirm("Forget this for ever?", abort=True)


def _counted(count: int) -> str:
    return f"{count} {'job' if count == 1 else 'jobs'}"
