"""What a credential may do on GitHub, step by step, each with its remedy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Literal

from jobs import errors
from jobs.readiness import Step
from worker.trackers.addresses import segment
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import READ
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.transport import Request
from worker.trackers.introduction import introduce

NEEDED: dict[str, Literal["read", "write"]] = {
    "metadata": "read",
    "contents": "write",
    "issues": "write",
    "pull_requests": "write",
    "checks": "write",
}
"""Permissions by GitHub's names: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps"""

_PROBES = {
    "contents": "/git/refs",
    "issues": "/issues",
    "pull_requests": "/pulls",
}
"""Where an empty object is sent to see what a token may do: nothing comes of it, since what is required is missing
(422), and without the permission GitHub refuses before it looks (403)."""


async def examine(github: GitHub, repositories: Sequence[RepositoryName]) -> AsyncIterator[Step]:
    """Try what jobs need, in order; ends where the rest would be pointless.

    Args:
        github: with a credential that remembers nothing yet.
        repositories: those that jobs may write.
    """
    for step in (steps := await introduce(github.endpoint.rest, github.credential.login)):
        yield step
    if not steps[-1].ok:
        return
    lacking: dict[str, list[str]] = {name: [] for name in NEEDED}
    seen = 0
    for repository in repositories:
        try:
            missing = await _missing(github, repository)
        except errors.JcaError as error:
            yield Step(name=str(repository), ok=False, detail=error.message, remedy=error.remedy)
            continue
        seen += 1
        for permission in missing:
            lacking[permission].append(str(repository))
    for permission in NEEDED if seen else ():
        yield _judged(github, permission, lacking[permission], seen)


def _judged(github: GitHub, permission: str, lacking: Sequence[str], seen: int) -> Step:
    level = NEEDED[permission]
    if permission == "checks" and not github.credential.is_app:
        return Step(name=permission, ok=True, detail="not with a personal token: the verdict is in the pull request")
    if not lacking:
        return Step(name=permission, ok=True, detail=f"{level}, in {_counted(seen)}")
    place = "the App (then accept it for the installation)" if github.credential.is_app else "the token"
    remedy = f"Give {place} {permission}: {level}, in its settings on GitHub."
    shown = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")  # noqa: PLR2004 - what fits a line
    return Step(name=permission, ok=False, detail=f"{level} is missing in {shown}", remedy=remedy)


def _counted(number: int) -> str:
    return "1 repository" if number == 1 else f"{number} repositories"


async def _missing(github: GitHub, repository: RepositoryName) -> list[str]:
    """The permissions that are not there.

    Raises:
        errors.JcaError: the repository cannot be looked at.
    """
    if isinstance(github.credential, AppCredential):
        held = await github.credential.permissions(repository)
        enough = {"read": {"read", "write", "admin"}, "write": {"write", "admin"}}
        return [name for name, level in NEEDED.items() if held.get(name, "") not in enough[level]]
    path = f"/repos/{segment(repository.owner)}/{segment(repository.name)}"
    grant = await github.credential.grant(repository, READ)
    await github.transport.send(Request("GET", path, f"look at {repository}"), grant)
    return [name for name, place in _PROBES.items() if not await _granted(github, repository, f"{path}{place}")]


async def _granted(github: GitHub, repository: RepositoryName, path: str) -> bool:
    grant = await github.credential.grant(repository, READ)
    request = Request("POST", path, f"see what we may do in {repository}", body={}, spaced=False)
    try:
        await github.transport.send(request, grant)
    except errors.Refused:
        return True
    except (errors.NotReady, errors.NotFound):
        return False
    return True
