"""The parts of a gateway as its composition root makes them: real SQLite, real Valkey, no duties."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from arq.connections import ArqRedis

from jobs import provisioning
from jobs.access import Known
from jobs.catalog import Catalog, Source
from jobs.events import Logs
from jobs.ledger import migrate
from jobs.ledger.database import Ledger
from jobs.queue import connection
from jobs.queue.errands import Errands
from jobs.queue.presence import Presence
from jobs.settings import Settings
from jobs.vault import Vault
from tests.support import valkey
from worker.compose.trackers import Trackers
from worker.gateway.loans import Loans
from worker.gateway.services import Services
from worker.trackers.connections import Connections
from worker.trackers.record import RecordTracker

API_TOKEN = "the-token-of-the-api"
CLUSTER_TOKEN = "the-token-of-the-cluster"


@dataclass
class Parts:
    """What handlers work with, and what only a test looks at."""

    services: Services
    redis: ArqRedis
    woken: list[str] = field(default_factory=list)


@asynccontextmanager
async def opened(settings: Settings, queue_url: str, catalog: Catalog | None = None) -> AsyncIterator[Parts]:
    """Parts over an emptied Valkey; the catalogue is the provisioned one, or the test's with what was added."""
    await asyncio.to_thread(migrate.upgrade, settings.ledger_url)
    ledger, redis = Ledger.open(settings.ledger_url), connection.connect(queue_url)
    await redis.flushall()
    woken: list[str] = []

    async def current() -> Catalog:
        found = await ledger.read(provisioning.load_catalog, settings)
        if catalog is None:
            return found
        known = {repository.alias: repository for repository in (*catalog.repositories, *found.repositories)}
        return catalog.model_copy(update={"repositories": tuple(known[alias] for alias in sorted(known))})

    async def sources() -> dict[str, Source]:
        return await ledger.read(provisioning.load_sources, settings, vault)

    async def access() -> dict[str, Known]:
        return await ledger.read(provisioning.load_access, settings)

    vault, secret_vault = Vault(["the-key-of-this-test"]), Vault(["the-other-key-of-this-test"])
    connections = Connections(access, secret_vault)
    trackers = Trackers(connections, sources, RecordTracker())
    dispatch = await valkey.open_dispatch(redis)
    services = Services(
        settings=settings,
        ledger=ledger,
        dispatch=dispatch,
        presence=Presence(redis),
        errands=Errands(redis),
        logs=Logs(redis),
        vault=vault,
        secret_vault=secret_vault,
        connections=connections,
        tracker=trackers.of_source,
        code_host=trackers.of_repository,
        loans=Loans(dispatch),
        catalog=current,
        api_token=API_TOKEN,
        cluster_token=CLUSTER_TOKEN,
        wake=lambda: woken.append("woken"),
    )
    try:
        async with connections:
            yield Parts(services, redis, woken)
    finally:
        await redis.aclose(close_connection_pool=True)
        await ledger.close()
