"""What was done to an issue, and by whom: who may have given it its label, who wrote its present body."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, Field, TypeAdapter

from jobs.ticket import Person
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import ISSUES
from worker.trackers.github.names import RepositoryName

_EVENTS = TypeAdapter(tuple[wire.Event, ...])

_EDITOR = """
query($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issue(number: $number) { lastEditedAt editor { login type: __typename } }
  }
}
"""


@dataclass(frozen=True)
class Edit:
    """The last change of an issue's body."""

    by: Person | None
    """None: the account was deleted, or GitHub does not tell."""
    at: datetime


@dataclass(frozen=True)
class Act:
    """One thing somebody did to an issue: `labeled`, `assigned`, `renamed`."""

    kind: str
    by: Person | None
    at: datetime | None
    label: str = ""


class _Edited(wire.Wire):
    at: AwareDatetime | None = Field(None, alias="lastEditedAt")
    editor: wire.User | None = None


class _OfRepository(wire.Wire):
    issue: _Edited


class _Data(wire.Wire):
    repository: _OfRepository


class _Answer(wire.Wire):
    data: _Data


_ANSWER = TypeAdapter(_Answer)


async def last_edit(github: GitHub, repository: RepositoryName, number: int) -> Edit | None:
    """Who last changed the body, None when nobody did since it was opened. Only GraphQL tells.

    Raises:
        errors.JcaError: as `GitHub.query`.
    """
    question = _ask(repository, number, "", "who edited")
    variables = {"owner": repository.owner, "name": repository.name, "number": number}
    edited = (await github.query(_ANSWER, _EDITOR, variables, question)).data.repository.issue
    if edited.at is None:
        return None
    return Edit(edited.editor.person() if edited.editor else None, edited.at)


async def acts(github: GitHub, repository: RepositoryName, number: int) -> list[Act]:
    """What was done to an issue, oldest first: who added which label is in it.

    Raises:
        errors.JcaError: as `GitHub.get`.
    """
    question = _ask(repository, number, "/timeline", "the history of")
    return [_act(entry) async for entry in github.pages(_EVENTS, question)]


def labelled_by(history: list[Act], label: str) -> Person | None:
    """Who last added a label, by a history from `acts`; None when nobody known did."""
    added = [act for act in history if act.kind == "labeled" and act.label.casefold() == label.casefold()]
    return added[-1].by if added else None


def _ask(repository: RepositoryName, number: int, below: str, what: str) -> Question:
    return Question(repository, ISSUES, f"/issues/{number}{below}", f"read {what} {repository}#{number}")


def _act(entry: wire.Event) -> Act:
    by = wire.doer(entry.actor, entry.performed_via_github_app)
    return Act(entry.event, by, entry.created_at, entry.label.name if entry.label else "")
