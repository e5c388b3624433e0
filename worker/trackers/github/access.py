"""What somebody may do in a repository, asked anew each time."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from jobs import errors
from worker.trackers.addresses import segment
from worker.trackers.github import wire
from worker.trackers.github.client import GitHub, Question
from worker.trackers.github.credentials import READ
from worker.trackers.github.names import RepositoryName

MAY_WRITE = frozenset({"write", "maintain", "admin"})
NOBODY = "none"
MAY_NOT_WRITE = frozenset({NOBODY, "read", "triage"})


@dataclass(frozen=True)
class Access:
    """What somebody may do in a repository."""

    login: str
    role: str
    """`admin`, `maintain`, `write`, `triage`, `read`, `none`, or the name of an organisation's own role."""
    may_write: bool

    @property
    def may_read(self) -> bool:
        """Whether it may be seen."""
        return self.role != NOBODY


class _Permission(wire.Wire):
    permission: wire.Line = NOBODY
    """The nearest of admin, write, read and none; for an organisation's own role that of its base."""
    role_name: wire.Line = ""
    user: wire.User | None = None


async def permission(github: GitHub, repository: RepositoryName, login: str) -> Access:
    """What somebody may do in a repository at this moment; somebody GitHub does not know may do nothing.

    Raises:
        errors.JcaError: as `GitHub.get`; the caller then denies.
    """
    path = f"/collaborators/{segment(login)}/permission"
    question = Question(repository, READ, path, f"ask what {login[:100]!r} may do in {repository}")
    try:
        told = await github.get(TypeAdapter(_Permission), question)
    except errors.NotFound:
        return Access(login, NOBODY, may_write=False)
    if told.user is None or told.user.login.casefold() != login.casefold():
        return Access(login, NOBODY, may_write=False)
    role = told.role_name or told.permission
    by_base = role not in MAY_NOT_WRITE and told.permission in MAY_WRITE
    return Access(login, role, may_write=role in MAY_WRITE or by_base)
