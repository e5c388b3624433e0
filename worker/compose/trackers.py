"""Which tracker and which code host is meant: the service we have access to, else the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from jobs import errors, provisioning
from jobs.access import Known
from jobs.catalog import Source
from jobs.repository import Repository
from jobs.settings import Settings
from worker.compose import common
from worker.executor.alone import Lend
from worker.sandbox.git import GitCredential
from worker.trackers.connections import Connections
from worker.trackers.github.client import GitHub
from worker.trackers.github.code_host import GitHubCodeHost
from worker.trackers.github.tracker import GitHubTracker
from worker.trackers.jira.client import Jira
from worker.trackers.jira.tracker import JiraTracker
from worker.trackers.protocol import CodeHost, Tracker
from worker.trackers.push import PushCredential
from worker.trackers.record import RecordTracker

log = structlog.get_logger()


@dataclass(frozen=True)
class Trackers:
    """The outside services of one gateway, as configured at the moment of asking."""

    connections: Connections
    sources: Callable[[], Awaitable[Mapping[str, Source]]]
    record: RecordTracker

    async def of_source(self, name: str) -> Tracker:
        """Where the tickets of a source live.

        Raises:
            errors.JcaError: as `Connections.find`.
        """
        source, client = (await self.sources()).get(name), await self.connections.find(name)
        if source and source.kind == "github" and isinstance(client, GitHub):
            return GitHubTracker(client, source)
        if source and source.kind == "jira" and isinstance(client, Jira):
            return JiraTracker(client, source)
        return self.record

    async def of_repository(self, repository: Repository) -> CodeHost:
        """Where a repository lives.

        Raises:
            errors.JcaError: as `Connections.code_host`.
        """
        github = await self.connections.code_host(repository)
        return GitHubCodeHost(github) if github else self.record


@asynccontextmanager
async def at_rest(settings: Settings) -> AsyncIterator[Connections]:
    """The services that are configured on this machine, without a gateway; closed in the end.

    Raises:
        errors.BadInput: the file or a variable cannot be used.
    """
    found = await provisioning.access_at_rest(settings)

    async def access() -> dict[str, Known]:
        return found

    async with Connections(access, common.secret_vault(settings)) as connections:
        yield connections


@asynccontextmanager
async def lending(connections: Connections) -> AsyncIterator[Lend]:
    """Lends what git shows to the hosts of repositories; what was made to push with ends with the block."""
    to_push = list[tuple[CodeHost, PushCredential]]()

    async def lend(repository: Repository, write: bool) -> GitCredential | None:
        github = await connections.code_host(repository) if repository.url.startswith("https://") else None
        if github is None:
            return None
        host = GitHubCodeHost(github)
        found = await (host.push_credential if write else host.fetch_credential)(repository)
        if write:
            to_push.append((host, found))
        return GitCredential(found.host_url, found.header)

    try:
        yield lend
    finally:
        for host, credential in to_push:
            try:
                await host.revoke(credential)
            except errors.JcaError as error:  # it ends by itself, within its hour
                log.warning("git_credential_not_revoked", why=error.message)
