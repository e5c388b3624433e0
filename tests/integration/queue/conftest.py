"""Workers inside the test, and workers as processes of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator

import pytest
from arq.connections import ArqRedis

from jobs.events import Event, Events
from jobs.queue.connection import connect
from jobs.queue.dispatch import Dispatch
from jobs.queue.offer import Offer
from jobs.queue.worker import LeaseWorker, Run, make_worker
from tests.integration.queue.crew import (
    CLAUDE,
    Eventually,
    Happened,
    Happening,
    Order,
    Processes,
    Record,
    Start,
    Stop,
    make_order,
    until,
)
from tests.support.valkey import Valkey, open_dispatch


@pytest.fixture
def order() -> Order:
    return make_order


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def eventually() -> Eventually:
    return until


@pytest.fixture
async def dispatch(redis: ArqRedis) -> Dispatch:
    """Dispatch on the shared server, opened."""
    return await open_dispatch(redis)


@pytest.fixture
def happened(redis: ArqRedis) -> Happened:
    """What the control stream says, optionally of one kind."""

    async def happened(kind: str = "") -> list[Event]:
        return [event for event in await Events(redis).read("0", block_ms=0) if kind in {"", event.kind}]

    return happened


@pytest.fixture
def happening(happened: Happened, eventually: Eventually) -> Happening:
    """Wait for an event of one kind; returns what there is of it then."""

    async def happening(kind: str) -> list[Event]:
        async def said() -> bool:
            return bool(await happened(kind))

        await eventually(said)
        return await happened(kind)

    return happening


@pytest.fixture
async def start(redis: ArqRedis) -> AsyncIterator[Start]:
    """Start workers inside the test; stopped with it."""
    serving: list[asyncio.Task[None]] = []

    def start(
        run: Run,
        *,
        name: str = "one",
        offers: Callable[[], Collection[Offer]] = lambda: [CLAUDE],
        max_jobs: int = 1,
        lease: float = 2.0,
        job_timeout: float = 60,
        client: ArqRedis = redis,
    ) -> LeaseWorker:
        worker = make_worker(
            client,
            name=name,
            run=run,
            offers=offers,
            max_jobs=max_jobs,
            lease_seconds=lease,
            job_timeout=job_timeout,
            handle_signals=False,
        )
        serving.append(asyncio.create_task(worker.serve()))
        return worker

    yield start
    for task in serving:
        task.cancel()
    if serving:
        await asyncio.wait(serving)


@pytest.fixture
async def stop() -> Stop:
    """Stop one worker as a signal would, and wait until it has let everything go."""

    async def stop(worker: LeaseWorker) -> None:
        assert worker.main_task
        worker.main_task.cancel()
        await asyncio.wait([worker.main_task])

    return stop


@pytest.fixture
def processes(valkey_url: str) -> Iterator[Processes]:
    made = Processes(valkey_url)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture
async def outage_redis(valkey: Valkey) -> AsyncIterator[ArqRedis]:
    """A client on the server that a test may kill."""
    client = connect(valkey.url)
    yield client
    await client.aclose()
