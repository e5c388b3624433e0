"""The gateway process: pages, JSON API, cluster API and the duties."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from jobs.events import Events, Logs
from jobs.ledger import leader, migrate
from jobs.queue.dispatch import Dispatch
from jobs.queue.doorbell import Doorbell
from jobs.queue.errands import Errands
from jobs.queue.presence import Presence
from jobs.settings import Settings
from jobs.vault import Vault
from worker import state
from worker.compose import common
from worker.compose.trackers import Trackers
from worker.duties import loop
from worker.duties.office import Office
from worker.gateway.app import create_app
from worker.gateway.cluster import create_cluster_app
from worker.gateway.loans import Loans
from worker.gateway.services import Services
from worker.serving import ended, serving, until_stopped
from worker.trackers.connections import Connections
from worker.trackers.record import RecordTracker
from worker.up import child


async def run(settings: Settings) -> None:
    """Serve and do the duties until stopped.

    Raises:
        errors.Conflict: another gateway runs on this state directory.
        errors.BadInput: the configuration cannot be used.
    """
    async with AsyncExitStack() as stack:
        parts = await stack.enter_async_context(common.opened(settings))
        stack.enter_context(state.lock(settings.state_dir, "gateway", "A gateway"))
        await asyncio.to_thread(migrate.upgrade, settings.ledger_url)
        await parts.catalog()  # a configuration that cannot be used must stop the start, not the first job
        doorbell = Doorbell(parts.redis)
        vault = common.secret_vault(settings)
        connections = await stack.enter_async_context(Connections(parts.access, vault))
        trackers = Trackers(connections, parts.sources, RecordTracker())
        services = _services(parts, doorbell, vault, trackers)
        duties = asyncio.create_task(leader.lead(parts.ledger, partial(loop.run, _office(parts, trackers), doorbell)))
        stack.push_async_callback(ended, duties)
        loans = asyncio.create_task(services.loans.follow())
        stack.push_async_callback(ended, loans)
        await stack.enter_async_context(serving(create_cluster_app(services), path=settings.gateway_socket))
        pages = serving(create_app(services), host=settings.host, port=settings.port)
        child.say_ready(f"http://{await stack.enter_async_context(pages)}")
        await until_stopped(duties, loans)


def _services(parts: common.Parts, doorbell: Doorbell, vault: Vault, trackers: Trackers) -> Services:
    dispatch = Dispatch(parts.redis)
    return Services(
        settings=parts.settings,
        ledger=parts.ledger,
        dispatch=dispatch,
        presence=Presence(parts.redis),
        errands=Errands(parts.redis),
        logs=Logs(parts.redis),
        vault=parts.vault,
        secret_vault=vault,
        connections=trackers.connections,
        tracker=trackers.of_source,
        code_host=trackers.of_repository,
        loans=Loans(dispatch),
        catalog=parts.catalog,
        api_token=state.secret(parts.settings.state_dir, "api-token"),
        cluster_token=common.cluster_token(parts.settings),
        wake=doorbell.ring_here,
    )


def _office(parts: common.Parts, trackers: Trackers) -> Office:
    return Office(
        ledger=parts.ledger,
        dispatch=Dispatch(parts.redis),
        events=Events(parts.redis),
        logs=Logs(parts.redis),
        catalog=parts.catalog,
        sources=parts.sources,
        tracker=trackers.of_source,
        code_host=trackers.of_repository,
        retention_days=parts.settings.retention_days,
    )
