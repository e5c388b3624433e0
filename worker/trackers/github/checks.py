"""The verdict as a check run on the commit, beside those of continuous integration. Only Apps can write them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from jobs import errors
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import CHECKS
from worker.trackers.github.fitting import LONGEST_SUMMARY, fit, one_line
from worker.trackers.github.names import RepositoryName
from worker.trackers.limited import RateLimited

NAME = "JCA"
"""How it is called in the list of checks, and by rules that require it."""


class _Runs(wire.Wire):
    check_runs: Annotated[tuple[wire.CheckRun, ...], Field(max_length=1000)] = ()


_RUN = TypeAdapter(wire.CheckRun)
_RUNS = TypeAdapter(_Runs)


@dataclass(frozen=True)
class Verdict:
    """What the host found out about a commit."""

    repository: RepositoryName
    commit: str
    external_id: str
    """Our identifier, by which it is found again: a job's dispatch id."""
    conclusion: Literal["success", "failure", "neutral", "cancelled", "action_required"]
    title: str
    summary: str
    """Markdown."""


@dataclass(frozen=True)
class Reported:
    """The check run is there."""

    id: int
    url: str


@dataclass(frozen=True)
class Skipped:
    """There is none, for this reason."""

    reason: str


async def report_verdict(github: GitHub, verdict: Verdict) -> Reported | Skipped:
    """Show a verdict. Repeating it changes nothing.

    Raises:
        errors.TryAgain: it is open whether it is there; the next call finds out.
        errors.JcaError: as `GitHub.write`.
    """
    if not github.credential.is_app:
        return Skipped("Check runs can be written by a GitHub App only, and this source uses a personal token.")
    found = await _find(github, verdict) or await _create(github, verdict)
    question = _ask(verdict, f"/check-runs/{found.id}", "complete the check run of")
    found = await github.write("PATCH", _RUN, question, _content(verdict))
    return Reported(found.id, found.html_url or "")


async def _create(github: GitHub, verdict: Verdict) -> wire.CheckRun:
    body = {"name": NAME, "head_sha": verdict.commit, "external_id": verdict.external_id, "status": "in_progress"}
    try:
        return await github.write("POST", _RUN, _ask(verdict, "/check-runs", "add a check run to"), body)
    except RateLimited:
        raise
    except errors.TryAgain:
        found = await _find(github, verdict)
        if found is None:
            raise
        return found


async def _find(github: GitHub, verdict: Verdict) -> wire.CheckRun | None:
    params = {"check_name": NAME, "filter": "all", "per_page": "100"}
    question = _ask(verdict, f"/commits/{verdict.commit}/check-runs", "look for the check run of", params)
    listed = (await github.get(_RUNS, question)).check_runs
    return next((run for run in listed if run.external_id == verdict.external_id), None)


def _content(verdict: Verdict) -> dict[str, object]:
    output = {"title": one_line(verdict.title), "summary": fit(verdict.summary, LONGEST_SUMMARY)}
    return {"status": "completed", "conclusion": verdict.conclusion, "output": output}


def _ask(verdict: Verdict, path: str, doing: str, params: dict[str, str] | None = None) -> Question:
    what = f"{doing} {verdict.commit[:12]} in {verdict.repository}"
    return Question(verdict.repository, CHECKS, path, what, params or {})
