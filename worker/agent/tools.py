"""What the agent can do: tools over a workspace, and the structured result that ends its work.

An ordinary mistake (no such file, a refused command) is answered with its message and does not count as a retry.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pydantic import BaseModel, Field
from pydantic_ai import RunContext, Tool
from pydantic_ai.exceptions import ToolFailed

from jobs import errors
from jobs.results import CommandOutcome
from worker.agent.elision import elide
from worker.agent.workspace import Workspace

LIST_CAP = 8_000  # characters of one answer, per tool
SEARCH_CAP = 12_000
READ_CAP = 24_000
RUN_CAP = 16_000
DIFF_CAP = 24_000

READ_LINES = 400  # lines of a file when the model names no number
MOST_LINES = 2_000
MOST_HITS = 200
RUN_SECONDS = 600.0  # a command's time when the model names none; the workspace may allow less
MOST_SECONDS = 3_600.0


class Result(BaseModel):
    """End the work on this ticket and say what came of it."""

    summary: str = Field(description="What was changed and why, in plain sentences for the reviewer.")
    done: bool = Field(description="Whether the ticket is solved; false when it could not be.")
    notes: str = Field("", description="What the reviewer should know beyond that: doubts, things left out, reasons.")


@dataclass(frozen=True)
class Bench:
    """What the tools of one run work on."""

    workspace: Workspace
    context_limit: int
    """Tokens the model can take in."""


async def list_files(ctx: RunContext[Bench], path: str = ".") -> str:
    """List a directory of the checkout; names of directories end with `/`."""
    with _told():
        names = await ctx.deps.workspace.list(path)
    return _answer("\n".join(names) or "(empty)", LIST_CAP)


async def search(ctx: RunContext[Bench], text: str, path: str = ".", limit: int = 50) -> str:
    """Find lines that contain this exact text in the files under a path, as `path:line: content`."""
    with _told():
        hits = await ctx.deps.workspace.search(text, path, max(1, min(limit, MOST_HITS)))
    return _answer("\n".join(hits) or "(no line contains it)", SEARCH_CAP)


async def read(ctx: RunContext[Bench], path: str, start: int = 1, lines: int = READ_LINES) -> str:
    """Read a file from line `start` (counted from 1), up to `lines` lines; the line numbers are not part of it."""
    with _told():
        text = await ctx.deps.workspace.read(path, max(1, start), max(1, min(lines, MOST_LINES)))
    return _answer(text or "(no lines here)", READ_CAP)


async def edit(ctx: RunContext[Bench], path: str, old: str, new: str) -> str:
    """Replace text that occurs exactly once in a file. `old` must match character by character."""
    with _told():
        return _answer(await ctx.deps.workspace.edit(path, old, new), LIST_CAP)


async def write(ctx: RunContext[Bench], path: str, content: str) -> str:
    """Create a file, or replace all of it."""
    with _told():
        await ctx.deps.workspace.write(path, content)
    return f"Wrote {path}, {len(content.splitlines())} lines."


async def run(ctx: RunContext[Bench], argv: list[str], seconds: float = RUN_SECONDS) -> str:
    """Run a program with its arguments, without a shell, in the root of the checkout."""
    with _told():
        outcome = await ctx.deps.workspace.run(argv, max(1.0, min(seconds, MOST_SECONDS)))
    return _answer(_report(outcome), RUN_CAP)


async def diff(ctx: RunContext[Bench]) -> str:
    """Show everything changed so far as a unified diff."""
    with _told():
        return _answer(await ctx.deps.workspace.diff() or "(nothing is changed)", DIFF_CAP)


def tools() -> list[Tool[Bench]]:
    """The agent's tools. Those that change something run one at a time, in the order the model gave."""
    return [
        Tool(list_files, name="list"),
        Tool(search),
        Tool(read),
        Tool(edit, sequential=True),
        Tool(write, sequential=True),
        Tool(run, sequential=True),
        Tool(diff, sequential=True),
    ]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (errors.BadInput, errors.Refused) as error:
        raise ToolFailed(str(error)) from error


def _answer(text: str, cap: int) -> str:
    """The text as a model gets it: bounded, and encodable whatever bytes it came from."""
    return elide(text, cap).encode("utf-8", "replace").decode()


def _report(outcome: CommandOutcome) -> str:
    ending = "stopped at its time limit" if outcome.timed_out else f"exit code {outcome.exit_code}"
    return f"$ {shlex.join(outcome.argv)}\n{outcome.output.rstrip()}\n({ending} after {outcome.seconds:.1f} s)"
