"""Orders, workers inside the test, and workers as processes of their own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from arq.connections import ArqRedis

from jobs.catalog import Repository
from jobs.events import Event, Events
from jobs.order import WorkOrder
from jobs.queue.connection import connect
from jobs.queue.dispatch import Dispatch
from jobs.queue.worker import Lease, LeaseWorker, Run, make_worker
from jobs.ticket import Ticket


def make_order(job: str, *, account: str = "claude", repository: str = "payments", **changes: Any) -> WorkOrder:
    order = {
        "job": job,
        "run": 1,
        "ticket": Ticket(source="local", key=job.upper(), title="A title"),
        "repository": Repository(alias=repository, url=f"/srv/{repository}.git"),
        "base_branch": "main",
        "branch": f"jca/{job}",
        "provider": account,
        "model": "some-model",
    }
    return WorkOrder.model_validate(order | changes)


class Record:
    """A run that notes what it was given, and waits where a test wants it to."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.ended: list[str] = []
        self.leases: list[Lease] = []
        self.go_on = asyncio.Event()
        self.go_on.set()

    async def __call__(self, order: WorkOrder, lease: Lease) -> None:
        self.started.append(order.job)
        self.leases.append(lease)
        await self.go_on.wait()
        self.ended.append(order.job)


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 15) -> None:
    """Wait for something that must come true."""
    deadline = time.monotonic() + seconds
    while True:
        met = condition()
        if met if isinstance(met, bool) else await met:
            return
        assert time.monotonic() < deadline, "it did not come true"
        await asyncio.sleep(0.01)


Start = Callable[..., LeaseWorker]


@pytest.fixture
def order() -> Callable[..., WorkOrder]:
    return make_order


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def eventually() -> Callable[..., Awaitable[None]]:
    return until


@pytest.fixture
def dispatch(redis: ArqRedis) -> Dispatch:
    return Dispatch(redis)


@pytest.fixture
def happened(redis: ArqRedis) -> Callable[..., Awaitable[list[Event]]]:
    """What the control stream says, optionally of one kind."""

    async def happened(kind: str = "") -> list[Event]:
        return [event for event in await Events(redis).read("0", block_ms=0) if kind in {"", event.kind}]

    return happened


@pytest.fixture
async def start(redis: ArqRedis) -> AsyncIterator[Start]:
    """Start workers inside the test; stopped with it."""
    serving: list[asyncio.Task[None]] = []

    def start(  # noqa: PLR0913 - what tests vary
        run: Run,
        *,
        name: str = "one",
        accounts: Callable[[], Collection[str]] = lambda: ["claude"],
        max_jobs: int = 1,
        lease: float = 2.0,
        job_timeout: float = 60,
        client: ArqRedis = redis,
    ) -> LeaseWorker:
        worker = make_worker(
            client,
            name=name,
            run=run,
            accounts=accounts,
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
async def stop() -> Callable[[LeaseWorker], Awaitable[None]]:
    """Stop one worker as a signal would, and wait until it has let everything go."""

    async def stop(worker: LeaseWorker) -> None:
        assert worker.main_task
        worker.main_task.cancel()
        await asyncio.wait([worker.main_task])

    return stop


class Processes:
    """Workers as processes. Each run adds `<dispatch> <token>` to `test:starts`, and the dispatch to `test:ends`."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.started: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, *, seconds: float, jobs: int = 1, lease: float = 1.0) -> subprocess.Popen[bytes]:
        program = Path(__file__).with_name("worker_process.py")
        words = [sys.executable, str(program), self.url, name, str(seconds), str(jobs), str(lease)]
        process = subprocess.Popen(words, cwd=Path(__file__).parents[3])
        self.started.append(process)
        return process


@pytest.fixture
def processes(valkey_url: str) -> Iterator[Processes]:
    made = Processes(valkey_url)
    yield made
    for process in made.started:
        process.kill()
        process.wait()


@pytest.fixture
async def outage_redis(valkey: Any) -> AsyncIterator[ArqRedis]:
    """A client on the server that a test may kill."""
    client = connect(valkey.url)
    yield client
    await client.aclose()
