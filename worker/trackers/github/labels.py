"""Labels and assignees of an issue: what people see of a job's state in their lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import Field, TypeAdapter

from jobs import errors
from worker.trackers.addresses import segment
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import ISSUES
from worker.trackers.github.names import RepositoryName

_LABEL = TypeAdapter(wire.Label)
_LABELS = TypeAdapter(Annotated[tuple[wire.Label, ...], Field(max_length=1000)])
_ISSUE = TypeAdapter(wire.Issue)


async def relabel(
    github: GitHub, repository: RepositoryName, number: int, *, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> tuple[str, ...]:
    """Add and remove labels; returns warnings. A label the repository does not have is not made up.

    Raises:
        errors.JcaError: as `GitHub.write`; what was done until then stays, and may be done again.
    """
    known, warnings = [], []
    for label in add:
        if await _exists(github, repository, label):
            known.append(label)
        else:
            warnings.append(f"{repository} has no label {label!r}; create it there to see it on its issues.")
    if known:
        question = _ask(repository, f"/issues/{number}/labels", f"label {repository}#{number}")
        await github.write("POST", _LABELS, question, {"labels": known})
    for label in remove:
        await _remove(github, repository, number, label)
    return tuple(warnings)


async def assign(github: GitHub, repository: RepositoryName, number: int, logins: Iterable[str]) -> tuple[str, ...]:
    """Assign people; returns a warning for each whom GitHub passed over, which it does without a word.

    Raises:
        errors.JcaError: as `GitHub.write`.
    """
    wanted = list(logins)
    question = _ask(repository, f"/issues/{number}/assignees", f"assign {repository}#{number}")
    issue = await github.write("POST", _ISSUE, question, {"assignees": wanted})
    there = {user.login.casefold() for user in issue.assignees}
    return tuple(
        f"{login} cannot be assigned in {repository}; it takes somebody with access to it."
        for login in wanted
        if login.casefold() not in there
    )


async def _exists(github: GitHub, repository: RepositoryName, label: str) -> bool:
    try:
        await github.get(_LABEL, _ask(repository, f"/labels/{segment(label)}", f"look for a label in {repository}"))
    except errors.NotFound:
        return False
    return True


async def _remove(github: GitHub, repository: RepositoryName, number: int, label: str) -> None:
    path = f"/issues/{number}/labels/{segment(label)}"
    question = _ask(repository, path, f"remove a label of {repository}#{number}")
    try:
        await github.write("DELETE", _LABELS, question)
    except errors.NotFound:
        return  # it is not on the issue, which is what was asked for


def _ask(repository: RepositoryName, path: str, doing: str) -> Question:
    return Question(repository, ISSUES, path, doing)
