"""Clients of every service we have access to: made on first use, made anew when the access changes, closed together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from jobs import errors
from jobs.access import GitHubAccess, JiraAccess, Known, StoredAccess
from jobs.provisioning import KnownSource
from jobs.readiness import Step
from jobs.repository import Repository
from jobs.vault import Vault
from worker.trackers.github.app import AppCredential, NotInstalled
from worker.trackers.github.client import GitHub
from worker.trackers.github.code_host import named
from worker.trackers.github.credentials import Credential, PersonalToken
from worker.trackers.github.examination import examine as examine_github
from worker.trackers.github.hosting import lives_on
from worker.trackers.github.names import Endpoint
from worker.trackers.github.transport import Transport
from worker.trackers.jira.client import Jira
from worker.trackers.jira.examination import examine as examine_jira
from worker.trackers.jira.people import own_ids
from worker.trackers.jira.site import Site

_ADD = "Add a token or an App with `jca sources add`, or in the configuration."


class Connections:
    """The services of one gateway.

    Args:
        load: the access in force, by the name of its source.
        vault: opens what the ledger has of it.
    """

    def __init__(self, load: Callable[[], Awaitable[Mapping[str, Known]]], vault: Vault) -> None:
        self._load = load
        self._vault = vault
        self._transports: dict[str, Transport] = {}
        self._githubs: dict[GitHubAccess, GitHub] = {}
        self._jiras: dict[JiraAccess, Jira] = {}
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._opened.aclose()

    async def find(self, source: str) -> GitHub | Jira | None:
        """The service behind a source; None where we have no access to one.

        Raises:
            errors.NotReady: the access does not open, or its key is none.
            errors.BadInput: its address cannot be used.
        """
        known = (await self._load()).get(source)
        return None if known is None else self._connect(known)

    async def code_host(self, repository: Repository) -> GitHub | None:
        """The GitHub where a repository lives, as somebody who reaches it; None where we have no access to that host.

        Of several identities on one host, an App that is installed there comes before a personal token.

        Raises:
            errors.JcaError: none of the identities can be used; said of the first.
        """
        failures: list[errors.JcaError] = []
        for known in await self._on_host_of(repository):
            try:
                github, name = self._connect(known), named(repository)
                if isinstance(github, GitHub) and await github.credential.reaches(name):
                    return github
                failures.append(NotInstalled(f"The GitHub App is not installed on {name}."))
            except errors.JcaError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return None

    async def examine(
        self, name: str, source: KnownSource | None, repositories: Sequence[Repository]
    ) -> AsyncIterator[Step]:
        """Try access step by step, with nothing remembered of earlier answers.

        Args:
            name: of the access.
            source: the one of that name, which may narrow what the access has to be good for.
            repositories: all that are configured; the ones that live elsewhere are left out.

        Raises:
            errors.NotFound: we have no access to one.
            errors.JcaError: as `find`.
        """
        known = (await self._load()).get(name)
        if known is None:
            raise errors.NotFound(f"There is no access to a tracker named {name}.", remedy=_ADD)
        access = self._open(known)
        if isinstance(access, GitHubAccess):
            github, only = self._github(access), source.repositories if source else ()
            wanted = [each for each in repositories if not only or each.alias in only]
            steps = examine_github(github, [named(each) for each in wanted if lives_on(each, github.endpoint)])
        else:
            steps = examine_jira(self._jira(access), source.rules.projects if source else ())
        async for step in steps:
            yield step

    async def own_accounts(self, name: str) -> tuple[str, ...]:
        """As whom the tracker of a source knows us, by every name it may use.

        None where that is a person of its own right: a personal token of GitHub acts as somebody who may start jobs.

        Raises:
            errors.JcaError: as `find`, or the tracker does not tell.
        """
        client = await self.find(name)
        if isinstance(client, Jira):
            return await own_ids(client)
        return (await client.credential.login(),) if client and client.credential.is_app else ()

    async def _on_host_of(self, repository: Repository) -> list[Known]:
        """Access to the host of a repository, Apps first."""
        found = sorted((await self._load()).items(), key=lambda entry: (not entry[1].account, entry[0]))
        githubs = [known for _, known in found if known.kind == "github"]
        return [known for known in githubs if lives_on(repository, Endpoint.of(known.address))]

    def _connect(self, known: Known) -> GitHub | Jira:
        access = self._open(known)
        if isinstance(access, JiraAccess):
            return self._jira(access)
        if access not in self._githubs:
            self._githubs[access] = self._github(access)
        return self._githubs[access]

    def _open(self, known: Known) -> GitHubAccess | JiraAccess:
        return known.opened(self._vault) if isinstance(known, StoredAccess) else known

    def _github(self, access: GitHubAccess) -> GitHub:
        transport = self._transports.get(access.api_url)
        if transport is None:
            transport = self._transports[access.api_url] = Transport(Endpoint.of(access.api_url))
            self._opened.push_async_callback(transport.close)
        return GitHub(transport, _identity(access, transport))

    def _jira(self, access: JiraAccess) -> Jira:
        if access not in self._jiras:
            self._jiras[access] = Jira(_site(access))
            self._opened.push_async_callback(self._jiras[access].close)
        return self._jiras[access]


def _identity(access: GitHubAccess, transport: Transport) -> Credential:
    if access.private_key is not None:
        return AppCredential(transport, access.app_id, access.private_key)
    return PersonalToken(transport, access.secret)


def _site(access: JiraAccess) -> Site:
    """The site and our account in it.

    Raises:
        errors.BadInput: address or e-mail address cannot be used.
    """
    if access.email:
        return Site.cloud(access.url, access.email, access.token)
    return Site.data_center(access.url, access.token)
