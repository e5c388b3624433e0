"""What people read back: the report on the ticket and the body of the pull request, as Markdown. Pure."""

from __future__ import annotations

import shlex

from jobs import redact
from jobs.job import Job, Status
from jobs.ledger.runs import Diff
from jobs.neutral import inert
from jobs.results import CommandOutcome

_HEADLINES = {
    Status.SUCCEEDED: "✓ The change is ready for review",
    Status.FAILED: "✕ The run failed",
    Status.DENIED: "✕ Nothing was started",
    Status.CANCELLED: "⊘ Cancelled",
}


def report(job: Job) -> str:
    """The report of a job: what happened, what to do next, the evidence, why this provider, what it cost."""
    parts = [f"### {_HEADLINES.get(job.status, job.status.value)}", _reason(job), _where(job), _claim(job)]
    parts += [evidence(job.validation), _selection(job), _spent(job), f"Job `{job.id}`, run {job.run}."]
    return "\n\n".join(part for part in parts if part) + "\n"


def pull_request_body(job: Job, diff: Diff | None) -> str:
    """The body of the pull request: what, why, evidence, selection, cost."""
    size = f"{_changed_files(diff.text)} changed." if diff else ""
    ticket = f"For {inert(job.ticket.key)}: {inert(job.ticket.title)}"
    parts = [ticket, _claim(job), size, evidence(job.validation), _selection(job), _spent(job)]
    return "\n\n".join(part for part in parts if part) + "\n"


def evidence(validation: tuple[CommandOutcome, ...]) -> str:
    """The table of what the host ran."""
    if not validation:
        return ""
    rows = [f"| `{_cell(shlex.join(o.argv))}` | {_ending(o)} | {o.seconds:.1f} s |" for o in validation]
    return "\n".join(["| Command, run by the host | Result | Time |", "|---|---|---:|", *rows])


def _ending(outcome: CommandOutcome) -> str:
    if outcome.timed_out:
        return "✕ stopped at its time limit"
    return "✓ passed" if outcome.passed else f"✕ exit code {outcome.exit_code}"


def _reason(job: Job) -> str:
    return inert(str(job.reason)) if job.reason else ""


def _where(job: Job) -> str:
    if job.status is not Status.SUCCEEDED or job.pull_request is None:
        return ""
    commit = f"Branch `{_cell(job.branch)}`, commit `{job.commit[:12]}`."
    return f"{commit} {job.pull_request.url}" if job.pull_request.url else commit


def _claim(job: Job) -> str:
    if not job.summary:
        return ""
    quoted = "\n".join(f"> {line}" for line in inert(redact.redact(job.summary)).splitlines())
    return f"The agent says:\n\n{quoted}"


def _selection(job: Job) -> str:
    if job.selection is None:
        return ""
    steps = "\n".join(f"- {inert(step.text)}" for step in job.selection.because)
    return f"**{inert(job.selection.provider)}** with **{inert(job.selection.model)}**, because:\n\n{steps}"


def _spent(job: Job) -> str:
    if not job.usage.requests:
        return ""
    cost = f"{job.usage.usd:.4f} USD" if job.usage.usd is not None else "cost unknown (no price for this model)"
    return f"{job.usage.tokens:,} tokens in {job.usage.requests} requests, {cost}."


def _changed_files(diff: str) -> str:
    count = sum(line.startswith("diff --git ") for line in diff.splitlines())
    return "1 file" if count == 1 else f"{count} files"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'").replace("\n", " ")
