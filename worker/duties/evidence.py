"""What a run leaves for people to judge it by, as Markdown: the agent's claim, the host's evidence, the cost. Pure."""

from __future__ import annotations

import shlex

from jobs import redact
from jobs.job import Job
from jobs.neutral import inert
from jobs.results import CommandOutcome


def table(validation: tuple[CommandOutcome, ...]) -> str:
    """What the host ran, and how each command ended."""
    if not validation:
        return ""
    rows = [f"| `{cell(shlex.join(o.argv))}` | {_ending(o)} | {o.seconds:.1f} s |" for o in validation]
    return "\n".join(["| Command, run by the host | Result | Time |", "|---|---|---:|", *rows])


def claim(job: Job) -> str:
    """What the agent says it did, as its words and nobody else's."""
    if not job.summary:
        return ""
    quoted = "\n".join(f"> {line}" for line in inert(redact.redact(job.summary)).splitlines())
    return f"The agent says:\n\n{quoted}"


def selection(job: Job) -> str:
    """Provider and model with every step that led to them."""
    if job.selection is None:
        return ""
    steps = "\n".join(f"- {inert(step.text)}" for step in job.selection.because)
    return f"**{inert(job.selection.provider)}** with **{inert(job.selection.model)}**, because:\n\n{steps}"


def spent(job: Job) -> str:
    """Tokens and money."""
    if not job.usage.requests:
        return ""
    cost = f"{job.usage.usd:.4f} USD" if job.usage.usd is not None else "cost unknown (no price for this model)"
    return f"{job.usage.tokens:,} tokens in {job.usage.requests} requests, {cost}."


def cell(text: str) -> str:
    """Text as code in a cell of a table."""
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")


def _ending(outcome: CommandOutcome) -> str:
    if outcome.timed_out:
        return "✕ stopped at its time limit"
    return "✓ passed" if outcome.passed else f"✕ exit code {outcome.exit_code}"
