"""`jca explain`: how a ticket reads and what it would run with, before anybody sends it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from jobs import errors, explanation, settings
from jobs.ticket import Flavor
from worker.cli import client, terminal

LONGEST = 1024 * 1024  # bytes that are read; whatever is longer is said to be too long by the parser


def explain(
    *,
    file: Annotated[str, typer.Argument(metavar="FILE|-", help="The ticket's text; - reads standard input.")],
    label: Annotated[list[str] | None, typer.Option(help="A label of the ticket; may be repeated.")] = None,
    repo: Annotated[str, typer.Option(help="The repository the ticket lives in, by alias or OWNER/NAME.")] = "",
    flavor: Annotated[Flavor, typer.Option(help="How the text is marked up.")] = "markdown",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for programs.")] = False,
) -> None:
    """Say how a ticket's [JCA] block reads and which repository, provider and model it would run with.

    Asks the running gateway; without one, what is configured on this machine decides.
    Exits with 2 when the block has an error.
    """
    question = explanation.Question(text=_read(file), labels=tuple(label or ()), repository=repo, flavor=flavor)
    answer = _answer(question)
    if as_json:
        terminal.write_json(answer)
    else:
        _show(answer)
    if answer["status"] == "error":
        raise typer.Exit(errors.BadInput.exit_code)


def _read(file: str) -> str:
    try:
        if file == "-":
            content = sys.stdin.buffer.read(LONGEST + 1)
        else:
            with Path(file).open("rb") as opened:
                content = opened.read(LONGEST + 1)
    except OSError as error:
        raise errors.BadInput(f"{file} cannot be read: {error.strerror}.") from error
    return content.decode("utf-8", errors="replace")


def _answer(question: explanation.Question) -> dict[str, Any]:
    try:
        with client.Gateway.here() as gateway:
            answer: dict[str, Any] = gateway.post("resolve", question.model_dump(mode="json"))
            return answer
    except client.NotRunning:
        return _answer_alone(question)


def _answer_alone(question: explanation.Question) -> dict[str, Any]:
    from jobs import provisioning  # noqa: PLC0415 - it brings the database along, which the usual way does not need

    catalog = asyncio.run(provisioning.catalog_at_rest(settings.load()))
    return explanation.explain(question, catalog).model_dump(mode="json")


def _show(answer: dict[str, Any]) -> None:
    terminal.write(_headline(answer))
    if answer["suggestion"]:
        terminal.write(f"  Did you mean: {answer['suggestion']}")
    for warning in answer["warnings"]:
        terminal.write(f"◔ {_place(warning)}{warning['message']}")
    terminal.facts([(key, _value(value)) for key, value in answer["directives"].items()])
    if answer["repository"]:
        terminal.write(f"\nRepository: {answer['repository']}. {answer['routed']}")
    if selection := answer["selection"]:
        terminal.write(f"\nIt would run with {selection['provider']}, model {selection['model']}:")
        for step in selection["because"]:
            terminal.write(f"  {'✓' if step['outcome'] == 'chosen' else '○'} {step['text']}")
    if denied := answer["denied"]:
        terminal.write(f"\n✕ No job would start: {denied['sentence']}\n  {denied['next_step']}".rstrip())


def _headline(answer: dict[str, Any]) -> str:
    if answer["status"] == "error":
        return f"✕ {_place(answer)}{answer['message']} No job would start."
    if answer["status"] == "none":
        return "○ There is no [JCA] block; defaults decide."
    return "✓ The [JCA] block reads well."


def _place(problem: dict[str, Any]) -> str:
    return f"Line {problem['line']}: " if problem["line"] else ""


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
