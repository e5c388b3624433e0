"""The identity of a GitHub App: a key that signs, installations found by repository, tokens narrowed to one repository.

https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AwareDatetime, Field, SecretStr, TypeAdapter

from jobs import errors
from worker.trackers.addresses import segment
from worker.trackers.github import wire
from worker.trackers.github.credentials import FETCH, PUSH, USER, Permissions
from worker.trackers.github.names import RepositoryName
from worker.trackers.github.transport import Grant, Request, Transport
from worker.trackers.push import PushCredential

BACKDATED = 60  # seconds; GitHub's clock may be behind ours
SIGNED_FOR = 540  # seconds from now; GitHub takes ten minutes at most
RENEW_BEFORE = timedelta(minutes=5)

_Place = tuple[str, tuple[tuple[str, str], ...]]
"""Repository and permissions of a token."""


class NotInstalled(errors.NotReady):
    """The GitHub App is not installed on the repository. Install it there, from the App's page on GitHub."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="Install it there, from the App's page on GitHub.")


class _Installation(wire.Wire):
    id: wire.Number
    permissions: dict[str, str] = Field(default_factory=dict)


class _Minted(wire.Wire):
    token: Annotated[SecretStr, Field(min_length=1, max_length=16_384)]
    """Of any form and length: `ghs_…` tokens may be signed ones of many hundred characters."""
    expires_at: AwareDatetime


class _Slug(wire.Wire):
    slug: Annotated[str, Field(min_length=1, max_length=200)]


class AppCredential:
    """An App that is installed where it works.

    Args:
        transport: the way to its GitHub.
        app_id: its client id or number.
        private_key: its RSA key as PEM, also with its line ends written as a backslash and an n.

    Raises:
        errors.NotReady: the key is none.
    """

    is_app = True

    def __init__(self, transport: Transport, app_id: str, private_key: SecretStr) -> None:
        self._transport = transport
        self._app_id = app_id
        self._key = _rsa_key(private_key)
        self._login = ""
        self._installations: dict[str, int] = {}
        self._tokens: dict[_Place, tuple[Grant, datetime]] = {}
        self._minting: defaultdict[_Place, asyncio.Lock] = defaultdict(asyncio.Lock)

    def app_grant(self) -> Grant:
        """The right of the App itself, for what is not a repository's."""
        now = int(time.time())
        claims = {"iat": now - BACKDATED, "exp": now + SIGNED_FOR, "iss": self._app_id}
        return Grant(SecretStr(jwt.encode(claims, self._key, algorithm="RS256")), f"app {self._app_id}")

    async def grant(self, repository: RepositoryName, permissions: Permissions) -> Grant:
        """A token for this repository and these permissions; renewed five minutes before its end.

        Raises:
            errors.NotReady: the App is not installed there, or was not given these permissions.
            errors.JcaError: as `Transport.send`.
        """
        held, _ = await self._held(repository, permissions)
        return held

    async def forget(self, grant: Grant) -> bool:
        """Drop a token that GitHub does not accept: it may have been revoked, another can be minted."""
        held = [place for place, (kept, _) in self._tokens.items() if kept is grant]
        for place in held:
            del self._tokens[place]
        return bool(held)

    async def login(self) -> str:
        """The login of the App's bot.

        Raises:
            errors.JcaError: as `Transport.send`.
        """
        if not self._login:
            request = Request("GET", "/app", "ask which App this is")
            answer = await self._transport.send(request, self.app_grant())
            self._login = f"{wire.read(TypeAdapter(_Slug), answer.body, request.doing).slug}[bot]"
        return self._login

    async def reaches(self, repository: RepositoryName) -> bool:
        """Whether the App is installed there.

        Raises:
            errors.JcaError: as `Transport.send`.
        """
        try:
            await self._installation(repository)
        except NotInstalled:
            return False
        return True

    async def permissions(self, repository: RepositoryName) -> dict[str, str]:
        """What its installation there may do, asked anew.

        Raises:
            errors.NotReady: it is not installed there.
            errors.JcaError: as `Transport.send`.
        """
        return (await self._installed(repository)).permissions

    async def fetch_credential(self, repository: RepositoryName) -> PushCredential:
        """A token that can do nothing but read this one repository; good for five minutes at least.

        Raises:
            errors.JcaError: as `grant`.
        """
        held, expires_at = await self._held(repository, FETCH)
        return PushCredential(self._transport.endpoint.web, USER, held.token, expires_at, narrowed=True)

    async def push_credential(self, repository: RepositoryName) -> PushCredential:
        """A fresh token that can do nothing but push to this one repository; GitHub ends it after an hour.

        Raises:
            errors.JcaError: as `grant`.
        """
        _, minted = await self._mint(repository, PUSH)
        return PushCredential(self._transport.endpoint.web, USER, minted.token, minted.expires_at, narrowed=True)

    async def revoke(self, lent: PushCredential) -> None:
        """End a push credential before its time.

        Raises:
            errors.JcaError: as `Transport.send`; it then ends by itself.
        """
        request = Request("DELETE", "/installation/token", "revoke the token of a job", spaced=False)
        await self._transport.send(request, Grant(lent.password, f"app {self._app_id}"))

    async def _held(self, repository: RepositoryName, permissions: Permissions) -> tuple[Grant, datetime]:
        place = (str(repository), tuple(sorted(permissions.items())))
        async with self._minting[place]:
            if place in self._tokens and self._tokens[place][1] - RENEW_BEFORE > datetime.now(UTC):
                return self._tokens[place]
            installation, minted = await self._mint(repository, permissions)
            self._tokens[place] = Grant(minted.token, f"installation {installation}"), minted.expires_at
            return self._tokens[place]

    async def _mint(self, repository: RepositoryName, permissions: Permissions) -> tuple[int, _Minted]:
        installation = await self._installation(repository)
        doing = f"get a token for {repository}"
        body = {"repositories": [repository.name], "permissions": dict(permissions)}
        path = f"/app/installations/{installation}/access_tokens"
        request = Request("POST", path, doing, body=body, spaced=False)
        try:
            answer = await self._transport.send(request, self.app_grant())
        except errors.NotFound:
            self._installations.pop(str(repository), None)  # it was installed anew
            raise
        except errors.Refused as refusal:  # permissions it was not given, or a repository it is not installed on
            wanted = ", ".join(f"{name}={level}" for name, level in sorted(permissions.items()))
            remedy = f"Give the App {wanted}, accept that for the installation, and install it on {repository}."
            raise errors.NotReady(refusal.message, remedy=remedy) from refusal
        return installation, wire.read(TypeAdapter(_Minted), answer.body, doing)

    async def _installation(self, repository: RepositoryName) -> int:
        name = str(repository)
        if name not in self._installations:
            self._installations[name] = (await self._installed(repository)).id
        return self._installations[name]

    async def _installed(self, repository: RepositoryName) -> _Installation:
        doing = f"find where the App is installed for {repository}"
        path = f"/repos/{segment(repository.owner)}/{segment(repository.name)}/installation"
        try:
            answer = await self._transport.send(Request("GET", path, doing), self.app_grant())
        except errors.NotFound as error:
            raise NotInstalled(f"The GitHub App is not installed on {repository}.") from error
        return wire.read(TypeAdapter(_Installation), answer.body, doing)


def _rsa_key(pem: SecretStr) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(_lines(pem), password=None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        remedy = "Give the whole file that GitHub made: it begins with -----BEGIN RSA PRIVATE KEY-----."
        raise errors.NotReady("The private key of the GitHub App is not an RSA key in PEM.", remedy=remedy)
    return key


def _lines(pem: SecretStr) -> bytes:
    return pem.get_secret_value().replace("\\n", "\n").strip().encode()
