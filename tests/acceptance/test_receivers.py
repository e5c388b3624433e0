"""Several receivers and a gateway on one ledger: nothing is refused without need, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from statistics import quantiles

import aiohttp
import pytest

from tests.bench import processes
from tests.support.deliveries import signed, written
from tests.support.fleet import Fleet, sailing
from tests.support.installation import Installation, until

CLIENTS = 20
PAUSE = 0.3  # seconds a client waits at most between two deliveries
LOCKED = 7.0  # seconds; longer than a write waits for other processes
SLOWEST = 250.0  # milliseconds, of 99 in a hundred deliveries


@dataclass
class Load:
    """What clients saw."""

    accepted: dict[str, list[str]] = field(default_factory=dict)
    """Jobs by client."""
    refused: list[tuple[str, int, str]] = field(default_factory=list)
    """Delivery, status and `Retry-After` of what got no 202."""
    milliseconds: list[float] = field(default_factory=list)

    @property
    def jobs(self) -> list[str]:
        """Every job that was promised."""
        return [job for jobs in self.accepted.values() for job in jobs]

    async def send(self, client: aiohttp.ClientSession, port: int, key: str) -> None:
        """Send one delivery and note the answer."""
        raw, headers = signed("local", written(key), key)
        began = time.perf_counter()
        async with client.post(f"http://127.0.0.1:{port}/webhooks/local", data=raw, headers=headers) as answer:
            said = await answer.json()
        self.milliseconds.append((time.perf_counter() - began) * 1000)
        if answer.status == 202:
            self.accepted.setdefault(key.partition("/")[0], []).append(said["job"])
        else:
            self.refused.append((key, answer.status, answer.headers.get("Retry-After", "")))


async def _under_load(ports: list[int], chance: random.Random, seconds: float) -> Load:
    """Many clients, each at one of the receivers, sending one delivery after the other."""
    load, end = Load(), time.monotonic() + seconds

    async def send(number: int) -> None:
        sent = 0
        while time.monotonic() < end:
            await load.send(client, ports[number % len(ports)], f"client-{number}/{sent}")
            await asyncio.sleep(chance.uniform(0, PAUSE))
            sent += 1

    async with aiohttp.ClientSession() as client:
        await asyncio.gather(*(send(number) for number in range(CLIENTS)))
    return load


def _bear(fleet: Fleet, seed: int, seconds: float) -> dict[str, float]:
    """Put a load on the receivers and look that each promise is known, and that the gateway came to its turn."""
    receivers = [fleet.parts[name].pid for name in ("webhooks-1", "webhooks-2")]
    before = [processes.cpu(pid) for pid in receivers]
    load = asyncio.run(_under_load(fleet.ports, random.Random(seed), seconds))
    spent = sum(processes.cpu(pid) for pid in receivers) - sum(before)
    waiting = len(fleet.ask("SELECT 1 FROM jobs WHERE status = 'received'"))

    assert load.refused == []
    assert len(load.accepted) == CLIENTS
    assert _known(fleet, load.jobs) == Counter(load.jobs)
    assert waiting < len(load.jobs)
    _until_triaged(fleet)
    return {
        "deliveries": len(load.jobs),
        "lost": 0,
        "least_of_a_client": min(map(len, load.accepted.values())),
        "p50_ms": round(quantiles(load.milliseconds, n=100)[49], 1),
        "p99_ms": round(quantiles(load.milliseconds, n=100)[98], 1),
        "longest_ms": round(max(load.milliseconds), 1),
        "cpu_ms_of_a_delivery": round(spent / len(load.jobs), 2),
        "untriaged_at_the_end": waiting,
    }


def _known(fleet: Fleet, jobs: list[str]) -> Counter[str]:
    """How often each of these jobs is the one of a delivery."""
    wanted = set(jobs)
    return Counter(job for (job,) in fleet.ask("SELECT job_id FROM deliveries") if job in wanted)


def _until_triaged(fleet: Fleet) -> None:
    until(lambda: not fleet.ask("SELECT 1 FROM jobs WHERE status = 'received'"), "triage of every job", seconds=300)


@pytest.fixture(scope="module")
def receivers(laid_out: Installation) -> Iterator[Fleet]:
    """Two receivers and a gateway."""
    with sailing(laid_out, executors=0, receivers=2) as fleet:
        yield fleet


def test_two_receivers_and_a_gateway_share_a_ledger_and_lose_nothing(receivers: Fleet) -> None:
    _bear(receivers, random.randrange(2**32), seconds=5)


def test_what_a_locked_ledger_refuses_can_be_sent_again_and_what_it_accepted_is_there(receivers: Fleet) -> None:
    load, again = asyncio.run(_while_locked(receivers))

    assert {(status, later != "") for _, status, later in load.refused} == {(503, True)}
    assert load.accepted
    assert again.refused == []
    jobs = [*load.jobs, *again.jobs]
    assert len(jobs) == len(load.milliseconds)
    assert _known(receivers, jobs) == Counter(jobs)


async def _while_locked(fleet: Fleet) -> tuple[Load, Load]:
    """Send while somebody else holds the write lock; then send again what was refused."""
    load, again, sends = Load(), Load(), list[asyncio.Task[None]]()
    async with aiohttp.ClientSession() as client:
        with closing(sqlite3.connect(fleet.ledger, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            end = time.monotonic() + LOCKED
            while time.monotonic() < end:
                key = f"locked-{len(sends)}"
                sends.append(asyncio.create_task(load.send(client, fleet.ports[len(sends) % 2], f"{key}/1")))
                await asyncio.sleep(0.5)
            other.execute("ROLLBACK")
        await asyncio.gather(*sends)
        for key, _, _ in load.refused:
            await again.send(client, fleet.ports[0], key)
    return load, again


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_two_receivers_and_a_gateway_under_load_for_a_minute(receivers: Fleet, soak_seed: int) -> None:
    figures = _bear(receivers, soak_seed, seconds=60)
    print(json.dumps(figures))

    assert figures["p99_ms"] < SLOWEST
