"""`jca run`: one ticket, one repository, here and now, through the same `run_job` as every other job."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobs import errors

if TYPE_CHECKING:
    from jobs.order import WorkOrder
    from jobs.run_result import RunResult


def run(
    repo: Annotated[str, typer.Option(help="Alias of a configured repository, a path or a URL.")],
    ticket: Annotated[Path, typer.Option(help="Markdown file: first line the title, then the text. `-` reads stdin.")],
    provider: Annotated[str | None, typer.Option(help="Provider profile; overrides the ticket.")] = None,
    model: Annotated[str | None, typer.Option(help="Model; overrides the ticket.")] = None,
    branch: Annotated[str | None, typer.Option(help="Base branch instead of the default one.")] = None,
    validate: Annotated[list[str] | None, typer.Option(help="Validation command; repeatable.")] = None,
    allow: Annotated[list[str] | None, typer.Option(help="Program the agent may run; repeatable.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="End with one JSON object; nothing else on stdout.")] = False,
) -> None:
    """Turn one ticket into a validated branch, without webhooks.

    Example: jca run --repo . --ticket fix.md --validate "python3 -m pytest -q"
    """
    from worker.cli import say  # noqa: PLC0415 - `jca --help` must not load the parts
    from worker.compose import single  # noqa: PLC0415

    name, text = _read(ticket)
    commands = tuple(tuple(shlex.split(command)) for command in validate or ())
    request = single.Request(repo, text, name, provider, model, branch, commands, tuple(allow or ()))
    order, result = asyncio.run(single.run(request, say.nothing if as_json else say.output))
    if as_json:
        typer.echo(json.dumps(_summary(order, result)))
    else:
        _tell(result)
    if result.outcome != "published":
        raise typer.Exit(1)


def _read(ticket: Path) -> tuple[str, str]:
    """The ticket's name and text."""
    if str(ticket) == "-":
        return "stdin", typer.get_text_stream("stdin").read()
    try:
        return ticket.stem, ticket.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise errors.BadInput(f"The ticket {ticket} cannot be read: {error}.") from error


def _tell(result: RunResult) -> None:
    from worker.cli import say  # noqa: PLC0415 - see run

    published = result.outcome == "published"
    say.line("ok" if published else "bad", _reason(result))
    if published:
        count = "1 file" if len(result.files) == 1 else f"{len(result.files)} files"
        say.line("ok", f"branch {result.branch}, commit {result.commit[:12]}, {count} changed")
    elif result.diff:
        say.line("", "What was changed until then:")
        typer.echo(result.diff)
    usage = result.usage
    cost = "cost unknown: this model has no price" if usage.usd is None else f"{usage.usd:.4f} USD"
    say.line("", f"{usage.tokens:,} tokens in {usage.requests} requests, {cost}")


def _reason(result: RunResult) -> str:
    """Nobody waits in a queue here: what met a limit does not start again by itself."""
    if result.until is None:
        return str(result.reason)
    return f"{result.reason.sentence} Run it again then, or choose another provider now."


def _summary(order: WorkOrder, result: RunResult) -> dict[str, Any]:
    return {
        "status": "succeeded" if result.outcome == "published" else "failed",
        "reason": result.reason.model_dump(mode="json"),
        "job_id": order.job,
        "branch": result.branch,
        "commit": result.commit,
        "provider": order.provider,
        "model": order.model,
        "summary": result.summary,
        "files": list(result.files),
        "diff": result.diff,
        "validation": [outcome.model_dump(mode="json") for outcome in result.validation],
        "usage": result.usage.model_dump(mode="json"),
    }
