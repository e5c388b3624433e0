"""What tests of the queue work with: orders, runs that are watched, worker processes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from arq.connections import ArqRedis

from jobs.events import Event
from jobs.order import VERSION, WorkOrder
from jobs.queue.offer import Offer
from jobs.queue.worker import Lease, LeaseWorker
from jobs.repository import Repository
from jobs.ticket import Ticket
from tests.support.valkey import Valkey

Order = Callable[..., WorkOrder]
Start = Callable[..., LeaseWorker]
Stop = Callable[[LeaseWorker], Awaitable[None]]
Eventually = Callable[..., Awaitable[None]]
Happened = Callable[..., Awaitable[list[Event]]]
Happening = Callable[[str], Awaitable[list[Event]]]


CLAUDE = Offer("claude", "some-model")
CODEX = Offer("codex", "some-model")
CROWD = [CLAUDE, CODEX, Offer("local", "small")]


def make_order(
    job: str,
    *,
    account: str = "claude",
    model: str = "some-model",
    repository: str = "payments",
    v: int = VERSION,
) -> WorkOrder:
    order = {
        "v": v,
        "job": job,
        "run": 1,
        "ticket": Ticket(source="local", key=job.upper(), title="A title"),
        "repository": Repository(alias=repository, url=f"/srv/{repository}.git"),
        "base_branch": "main",
        "branch": f"jca/{job}",
        "provider": account,
        "model": model,
    }
    return WorkOrder.model_validate(order)


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


async def kill(valkey: Valkey, client: ArqRedis) -> None:
    """Kill the server once everything it has answered is in its file."""
    await client.config_set("appendfsync", "always")
    valkey.kill()


async def restart(valkey: Valkey, client: ArqRedis) -> None:
    """Kill the server and start it again on its data."""
    await kill(valkey, client)
    valkey.start()
    await client.connection_pool.disconnect()  # else the first call would meet the end of the old connection


class Processes:
    """Workers as processes.

    Each run adds `<dispatch> <token>` to `test:starts`, and after `seconds` the dispatch to `test:checks`, when it has
    proven its lease; after `pause` it proves it again, and adds the dispatch to `test:ends`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.started: list[subprocess.Popen[bytes]] = []

    def start(
        self, name: str, *, seconds: float, jobs: int = 1, lease: float = 1.0, pause: float = 0
    ) -> subprocess.Popen[bytes]:
        return self.launch("worker_process.py", name, seconds, jobs, lease, pause)

    def launch(self, program: str, *words: object) -> subprocess.Popen[bytes]:
        """Start one of the programs beside this file with the queue's URL and these words."""
        path = Path(__file__).with_name(program)
        command = [sys.executable, str(path), self.url, *map(str, words)]
        process = subprocess.Popen(command, cwd=Path(__file__).parents[3])
        self.started.append(process)
        return process
