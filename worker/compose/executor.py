"""The executor process. It never opens the ledger."""

from __future__ import annotations

import asyncio
import gc
import importlib
from contextlib import AsyncExitStack
from functools import partial

from jobs.catalog import ProviderKind
from jobs.events import Events, Logs
from jobs.queue import connection
from jobs.queue.dispatch import Dispatch
from jobs.queue.errand_worker import ErrandWorker
from jobs.queue.presence import Presence
from jobs.queue.worker import LeaseWorker, make_worker
from jobs.settings import Settings
from worker import state
from worker.compose import common
from worker.executor.errands import ErrandDesk
from worker.executor.gateway_client import GatewayClient
from worker.executor.readiness import ReadinessBoard
from worker.executor.service import Workshop
from worker.providers import registry, selftest
from worker.sandbox.bubblewrap import SandboxState, probe
from worker.serving import ended, until_stopped
from worker.up import child

LONGEST_RUN = 24 * 3600.0  # seconds; a backstop behind the limits of each order


async def run(settings: Settings) -> None:
    """Prove, claim and run until stopped.

    Raises:
        errors.Conflict: an executor of this name runs on this state directory.
    """
    directory, name = state.prepare(settings.state_dir), settings.worker_name
    _load_everything()
    async with AsyncExitStack() as stack:
        stack.enter_context(state.lock(directory, f"executor-{name}", f"The executor {name}"))
        redis = connection.connect(settings.queue_url)
        stack.push_async_callback(redis.aclose, close_connection_pool=True)
        client = GatewayClient(str(settings.gateway_socket), common.cluster_token(settings))
        stack.push_async_callback(client.close)
        sandbox = await probe(settings.sandbox_runtimes)
        board = _board(settings, redis, client, sandbox)
        workshop = _workshop(settings, redis, client, board)
        workshop.clear()
        stack.push_async_callback(ended, asyncio.create_task(board.run()))
        desk = ErrandDesk(client, board, workshop.mirrors, workshop.forget_jobs)
        errands = ErrandWorker(redis, name, desk.perform)
        stack.push_async_callback(ended, asyncio.create_task(errands.serve()))
        stack.push_async_callback(ended, asyncio.create_task(workshop.forget()))
        child.say_ready(f"{name} · {sandbox.detail}")
        await _claim(settings, redis, workshop)


def _load_everything() -> None:
    """Import what the first job would, and keep it out of every later garbage collection.

    Imports take a second and a full collection over the model libraries a quarter of one; heartbeats wait for both.
    """
    importlib.import_module("worker.executor.agency")
    for kind in ProviderKind:
        registry.provider_of(kind)
    gc.collect()
    gc.freeze()


def _board(
    settings: Settings,
    redis: connection.Connection,
    client: GatewayClient,
    sandbox: SandboxState,
) -> ReadinessBoard:
    name = settings.worker_name
    return ReadinessBoard(
        name,
        client.profiles,
        Dispatch(redis).wanted,
        partial(selftest.self_test, worker=name),
        Presence(redis),
        sandbox,
        slots=settings.worker_concurrency,
    )


def _workshop(
    settings: Settings,
    redis: connection.Connection,
    client: GatewayClient,
    board: ReadinessBoard,
) -> Workshop:
    return Workshop(
        state=settings.state_dir,
        runs=settings.state_dir / "runs" / settings.worker_name,
        runtimes=settings.sandbox_runtimes,
        events=Events(redis),
        logs=Logs(redis),
        credentials=client,
        attachments=client,
        board=board,
        hold=Dispatch(redis).hold,
        build_model=registry.build_model,
    )


async def _claim(settings: Settings, redis: connection.Connection, workshop: Workshop) -> None:
    """Claim and run until somebody asks to stop."""
    worker = make_worker(
        redis,
        name=settings.worker_name,
        run=workshop.run,
        offers=workshop.board.offers,
        max_jobs=settings.worker_concurrency,
        lease_seconds=settings.lease_seconds,
        job_timeout=LONGEST_RUN,
        handle_signals=False,
    )
    claiming = asyncio.create_task(worker.serve())
    await until_stopped(claiming)
    await _drain(worker, settings.drain_seconds)
    await ended(claiming)


async def _drain(worker: LeaseWorker, seconds: float) -> None:
    """Claim nothing more, and let what runs end by itself if it can in time; the rest is put back."""
    worker.allow_pick_jobs = False
    if worker.tasks:
        await asyncio.wait(worker.tasks.values(), timeout=seconds)
