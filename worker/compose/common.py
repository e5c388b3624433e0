"""What every process opens: the ledger, the queue's Redis, the keys."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from jobs import provisioning
from jobs.access import Known
from jobs.catalog import Catalog, Source
from jobs.ledger.database import Ledger
from jobs.queue import connection
from jobs.settings import Settings
from jobs.vault import Vault
from worker import state


@dataclass(frozen=True)
class Parts:
    """A process's way to the record and to the queue."""

    settings: Settings
    ledger: Ledger
    redis: connection.Connection
    vault: Vault
    """Opens webhook secrets, and only those."""

    async def catalog(self) -> Catalog:
        """The configuration in force now."""
        return await self.ledger.read(provisioning.load_catalog, self.settings)

    async def access(self) -> dict[str, Known]:
        """What trackers are reached with now; what the ledger has of it is still sealed."""
        return await self.ledger.read(provisioning.load_access, self.settings)

    async def sources(self) -> dict[str, Source]:
        """The sources in force now, with their secrets."""
        return await self.ledger.read(provisioning.load_sources, self.settings, self.vault)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Parts]:
    """The parts, closed in the end."""
    state.prepare(settings.state_dir)
    given = settings.webhook_key
    key = given.get_secret_value() if given else state.secret(settings.state_dir, "webhook-key")
    ledger, redis = Ledger.open(settings.ledger_url), connection.connect(settings.queue_url)
    try:
        yield Parts(settings, ledger, redis, Vault(key.split(",")))
    finally:
        await redis.aclose(close_connection_pool=True)
        await ledger.close()


def secret_vault(settings: Settings) -> Vault:
    """Opens what trackers are reached with; for the gateway, never for a receiver."""
    given = settings.secret_key
    key = given.get_secret_value() if given else state.secret(settings.state_dir, "secret-key")
    return Vault(key.split(","))


def cluster_token(settings: Settings) -> str:
    """What executors show to the gateway."""
    given = settings.cluster_token
    return given.get_secret_value() if given else state.secret(settings.state_dir, "cluster-token")
