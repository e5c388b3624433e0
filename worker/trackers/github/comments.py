"""One comment per job on its ticket: found again by its mark and its author, edited rather than doubled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import ISSUES
from worker.trackers.github.fitting import LONGEST_BODY, fit
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.tickets import stamp
from worker.trackers.limited import RateLimited

CLOCKS_APART = timedelta(hours=1)
"""How much GitHub's clock may be behind ours."""

OURS = "<!-- jca:"
"""How everything we say begins."""

_COMMENT = TypeAdapter(wire.Comment)
_COMMENTS = TypeAdapter(tuple[wire.Comment, ...])


@dataclass(frozen=True)
class Place:
    """Where a job speaks."""

    repository: RepositoryName
    number: int
    job_id: str
    since: datetime | None = None
    """When the job was made: its comment is no older, so older ones are not looked through."""

    def __str__(self) -> str:
        return f"{self.repository}#{self.number}"


@dataclass(frozen=True)
class Posted:
    """The comment as it is now."""

    id: int
    url: str


def mark(job_id: str) -> str:
    """The line that makes a job's comment or pull request known again; people do not see it."""
    return f"{OURS}job:{job_id} -->"


async def post(github: GitHub, place: Place, body: str) -> Posted:
    """Show `body`, Markdown, in the job's comment: the one that is there, or a new one. Repeating it changes nothing.

    Raises:
        errors.TryAgain: it is open whether it is there; the next call finds out.
        errors.JcaError: as `GitHub.write`.
    """
    line = mark(place.job_id)
    whole = f"{line}\n{fit(body, LONGEST_BODY - len(line) - 1)}"
    found = await _find(github, place)
    if found is None:
        found = await _create(github, place, whole)
    if not _same(found.body or "", whole):
        question = _ask(place, f"/issues/comments/{found.id}", "edit our comment on")
        found = await github.write("PATCH", _COMMENT, question, {"body": whole})
    return Posted(found.id, found.html_url)


async def _create(github: GitHub, place: Place, whole: str) -> wire.Comment:
    question = _ask(place, f"/issues/{place.number}/comments", "comment on")
    try:
        return await github.write("POST", _COMMENT, question, {"body": whole})
    except RateLimited:
        raise
    except errors.TryAgain:
        found = await _find(github, place)
        if found is None:
            raise
        return found


async def _find(github: GitHub, place: Place) -> wire.Comment | None:
    us, line = (await github.credential.login()).casefold(), mark(place.job_id)
    async for comment in _listed(github, place):
        if comment.user and comment.user.login.casefold() == us and (comment.body or "").startswith(line):
            return comment
    return None


def _listed(github: GitHub, place: Place) -> AsyncIterator[wire.Comment]:
    params = {"since": stamp(place.since - CLOCKS_APART)} if place.since else {}
    return github.pages(_COMMENTS, _ask(place, f"/issues/{place.number}/comments", "look for our comment on", params))


def _ask(place: Place, path: str, doing: str, params: dict[str, str] | None = None) -> Question:
    return Question(place.repository, ISSUES, path, f"{doing} {place}", params or {})


def _same(there: str, ours: str) -> bool:
    return there.replace("\r\n", "\n").strip() == ours.replace("\r\n", "\n").strip()
