"""The pull request that a job proposes: title, body, base, and whether it is a draft. Pure."""

from __future__ import annotations

from jobs import neutral
from jobs.job import Job
from jobs.ledger.runs import Diff
from jobs.neutral import inert
from jobs.repository import Repository, ValidationMode
from jobs.results import PullRequest, PullRequestState
from worker.duties import evidence


def proposal(job: Job, repository: Repository, diff: Diff | None) -> PullRequest:
    """The pull request as it shall be opened: a draft where the validation failed and was only advisory."""
    failing = any(not outcome.passed for outcome in job.validation)
    return PullRequest(
        state=PullRequestState.RECORDED,
        branch=job.branch,
        base_branch=job.directives.base or repository.default_branch,
        commit=job.commit,
        title=f"{neutral.quiet(job.ticket.title)} ({job.ticket.key})",
        body=_body(job, diff),
        is_draft=failing and repository.validation_mode is ValidationMode.ADVISORY,
    )


def _body(job: Job, diff: Diff | None) -> str:
    """What, why, evidence, selection, cost."""
    size = f"{_changed_files(diff.text)} changed." if diff else ""
    ticket = f"For {inert(job.ticket.key)}: {inert(job.ticket.title)}"
    parts = [ticket, evidence.claim(job), size, evidence.table(job.validation)]
    parts += [evidence.selection(job), evidence.spent(job)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _changed_files(diff: str) -> str:
    count = sum(line.startswith("diff --git ") for line in diff.splitlines())
    return "1 file" if count == 1 else f"{count} files"
