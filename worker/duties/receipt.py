"""The one comment of a job on its ticket, from the first decision to the last word, as Markdown. Pure.

Whatever it repeats of tickets, people and models is neutralised: it mentions nobody, commands nothing, closes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jobs import redact
from jobs.attachment import file_names
from jobs.directives import Directives
from jobs.job import Answer, Job, Status
from jobs.ledger.runs import Stage
from jobs.neutral import inert
from jobs.results import PullRequestState
from worker.duties import evidence

_HEADLINES = {
    Status.RECEIVED: "○ Received",
    Status.QUEUED: "○ Understood, and waiting for a worker",
    Status.HELD: "◔ Waiting for a person",
    Status.RUNNING: "● At work",
    Status.PUBLISHING: "● Done, and writing the pull request",
    Status.SUCCEEDED: "✓ The change is ready for review",
    Status.FAILED: "✕ The run failed",
    Status.DENIED: "✕ Nothing was started",
    Status.PUBLISH_FAILED: "✕ The change is made, but could not be published",
    Status.CANCELLED: "⊘ Cancelled",
    Status.SUPERSEDED: "⊘ Another job works on the newer text",
}
_DECIDED = {PullRequestState.MERGED: "✓ Merged", PullRequestState.CLOSED: "⊘ The pull request was closed"}
_UNDER_WAY = frozenset({Status.QUEUED, Status.RUNNING})


def receipt(job: Job, stages: Sequence[Stage] = (), waits: str = "") -> str:
    """What is said of a job on its ticket.

    Args:
        job: as it is now.
        stages: of its present run, in the order they began.
        waits: why it has not started, where it waits.
    """
    parts = [
        f"### {_headline(job)}",
        inert(redact.redact(str(job.reason))) if job.reason else "",
        inert(waits),
        _progress(stages) if job.status in _UNDER_WAY else "",
        _where(job),
        evidence.claim(job),
        evidence.table(job.validation),
        _understood(job),
        evidence.selection(job),
        _listed("Please note:", job.notes),
        *map(_answer, job.answers),
        evidence.spent(job),
        f"Job `{job.id}`, run {job.run}." if job.run else f"Job `{job.id}`.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(job: Job) -> str:
    if job.status is Status.SUCCEEDED and job.pull_request and job.pull_request.state in _DECIDED:
        return _DECIDED[job.pull_request.state]
    return _HEADLINES.get(job.status, job.status.value)


def _where(job: Job) -> str:
    if job.status is not Status.SUCCEEDED or job.pull_request is None:
        return ""
    commit = f"Branch `{evidence.cell(job.branch)}`, commit `{job.commit[:12]}`."
    return f"{commit} {job.pull_request.url}" if job.pull_request.url else commit


def _progress(stages: Sequence[Stage]) -> str:
    glyphs = {"running": "●", "done": "✓", "failed": "✕", "skipped": "○"}
    return " · ".join(f"{glyphs[stage.state]} {inert(stage.name)}" for stage in stages)


def _understood(job: Job) -> str:
    if job.selection is None:
        return ""
    lines = [f"Repository **{inert(job.repository)}**: {inert(job.routed)}", *_limits(job.directives), *_files(job)]
    return _listed("How this ticket reads:", lines, harmless=True)


def _limits(directives: Directives) -> list[str]:
    """What the block asks for beside provider and model; free text is not repeated."""
    asked = {
        "base": directives.base,
        "budget": f"{directives.budget_usd:g} USD" if directives.budget_usd is not None else "",
        "tokens": f"{directives.budget_tokens:,}" if directives.budget_tokens is not None else "",
        "timeout": f"{directives.timeout_seconds} seconds" if directives.timeout_seconds is not None else "",
        "effort": directives.effort,
        "context_repos": ", ".join(directives.context_repos),
        "context_files": ", ".join(directives.context_files),
        "context_folders": ", ".join(directives.context_folders),
        "inline_context": "given" if directives.inline_context else "",
    }
    return [f"{key}: {inert(value)}" for key, value in asked.items() if value]


def _files(job: Job) -> list[str]:
    names = ", ".join(file_names(job.attachments))
    return [f"attachments given to the agent: {inert(names)}"] if names else []


def _listed(heading: str, sentences: Iterable[str], *, harmless: bool = False) -> str:
    lines = [f"- {text if harmless else inert(redact.redact(text))}" for text in sentences]
    return "\n".join([heading, "", *lines]) if lines else ""


def _answer(answer: Answer) -> str:
    """The verb is quoted as code, so that no tracker or bot takes it for a command."""
    return f"**`{answer.asked}`**, asked by {inert(answer.by)}: {answer.text}"
