"""Who we are on GitHub, and the narrow, short-lived rights taken from that."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import Field, SecretStr, TypeAdapter

from worker.trackers.github import wire
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.transport import Grant, Request, Transport
from worker.trackers.push import PushCredential

Permissions = Mapping[str, Literal["read", "write"]]
"""What a token may do: https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps"""

READ: Permissions = {"metadata": "read"}
ISSUES: Permissions = {"issues": "write", "metadata": "read"}
REMARKS: Permissions = {"issues": "read", "pull_requests": "read", "metadata": "read"}
PULL_REQUESTS: Permissions = {"pull_requests": "write", "contents": "read", "metadata": "read"}
CHECKS: Permissions = {"checks": "write", "metadata": "read"}
FETCH: Permissions = {"contents": "read", "metadata": "read"}
PUSH: Permissions = {"contents": "write", "metadata": "read"}
"""Without `workflows`: GitHub then refuses a push that changes what its runners execute."""

USER = "x-access-token"
"""The user name that goes with any token over https."""


class Credential(Protocol):
    """An identity on one GitHub."""

    is_app: bool

    async def grant(self, repository: RepositoryName, permissions: Permissions) -> Grant:
        """The right to do this much in that repository."""

    async def forget(self, grant: Grant) -> bool:
        """GitHub did not accept it; returns whether another one may be had."""

    async def login(self) -> str:
        """The login under which it writes."""

    async def reaches(self, repository: RepositoryName) -> bool:
        """Whether it is any use in that repository, as far as that can be told."""

    async def fetch_credential(self, repository: RepositoryName) -> PushCredential:
        """What one job reads a repository with."""

    async def push_credential(self, repository: RepositoryName) -> PushCredential:
        """What one job pushes with, fresh."""

    async def revoke(self, lent: PushCredential) -> None:
        """Make a push credential worthless, where it is one job's own."""


class _Self(wire.Wire):
    login: Annotated[str, Field(min_length=1, max_length=200)]


class PersonalToken:
    """A person's token, fine-grained or classic: one right for everything, not narrowed, and no check runs."""

    is_app = False

    def __init__(self, transport: Transport, token: SecretStr) -> None:
        self._transport = transport
        self._grant = Grant(token, f"token {secrets.token_hex(4)}")  # its own, also beside others
        self._login = ""

    async def grant(self, repository: RepositoryName, permissions: Permissions) -> Grant:
        """The token as it is: GitHub narrows it no further."""
        del repository, permissions
        return self._grant

    async def forget(self, grant: Grant) -> bool:
        """There is no other."""
        del grant
        return False

    async def login(self) -> str:
        """The person's login.

        Raises:
            errors.JcaError: as `Transport.send`.
        """
        if not self._login:
            request = Request("GET", "/user", "ask whose token this is")
            answer = await self._transport.send(request, self._grant)
            self._login = wire.read(TypeAdapter(_Self), answer.body, request.doing).login
        return self._login

    async def reaches(self, repository: RepositoryName) -> bool:
        """Assume so: only trying tells."""
        del repository
        return True

    async def fetch_credential(self, repository: RepositoryName) -> PushCredential:
        """The token itself, as for a push."""
        return await self.push_credential(repository)

    async def push_credential(self, repository: RepositoryName) -> PushCredential:
        """The token itself, since a personal one cannot be narrowed to a repository."""
        del repository
        return PushCredential(self._transport.endpoint.web, USER, self._grant.token, None, narrowed=False)

    async def revoke(self, lent: PushCredential) -> None:
        """Keep it: it is the person's, not the job's."""
        del lent
