"""Many workers, many jobs, and workers that die again and again."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import time
from collections import Counter, defaultdict

import pytest
from arq.connections import ArqRedis

from jobs import holds
from jobs.queue.dispatch import Dispatch
from tests.integration.queue.crew import CROWD, Eventually, Order, Processes

REPOSITORIES = 12
LIMITS = {holds.account(offer.account): 6 for offer in CROWD} | {
    holds.repository(f"r{number}"): 2 for number in range(REPOSITORIES)
}
LIFE = re.compile(r"queued (claimed lost ){0,2}claimed (finished|lost crashed)")
"""What may happen to a job whose workers die: never a claim before the one before it was over."""


@pytest.fixture
def seed() -> int:
    return int(os.environ.get("JCA_SOAK_SEED") or random.randrange(2**32))


async def test_a_crowd_runs_each_job_once_and_keeps_every_limit(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, seed: int
) -> None:
    for number in range(2):
        processes.launch("crowd_process.py", f"w{number}")

    await _crowd(dispatch, order, redis, eventually, jobs=200, seed=seed)


@pytest.mark.soak
async def test_a_large_crowd_does_so_as_well(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, seed: int
) -> None:
    print(f"seed {seed}")
    for number in range(4):
        processes.launch("crowd_process.py", f"w{number}")
    began = time.monotonic()
    most = await _crowd(dispatch, order, redis, eventually, jobs=1500, seed=seed)

    print(json.dumps({"jobs": 1500, "workers": 4, "most_at_once": most, "seconds": round(time.monotonic() - began, 1)}))


@pytest.mark.soak
@pytest.mark.timeout(1800)
async def test_two_hundred_kills_lose_nothing_and_nothing_runs_twice_at_the_same_time(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, seed: int
) -> None:
    print(f"seed {seed}")
    kills, began = 200, time.monotonic()
    lives = await _killing(dispatch, order, processes, redis, eventually, kills=kills, seed=seed)
    lost = sum(life.count("lost") for life in lives)
    crashed = sum(life.endswith("crashed") for life in lives)

    assert lost >= kills / 2, "hardly any kill has met a run"
    said = {"kills": kills, "jobs": len(lives), "interrupted": lost, "crashed": crashed, "lost": 0}
    print(json.dumps(said | {"seconds": round(time.monotonic() - began)}))


async def _crowd(
    dispatch: Dispatch, order: Order, redis: ArqRedis, eventually: Eventually, *, jobs: int, seed: int
) -> dict[str, int]:
    """Returns how many ran at once of each subject."""
    chance = random.Random(seed)
    await dispatch.limit(LIMITS)
    for number in range(jobs):
        offer, repository = chance.choice(CROWD), f"r{chance.randrange(REPOSITORIES)}"
        given = order(f"j{number}", account=offer.account, model=offer.model, repository=repository)
        await dispatch.enqueue(given, priority=chance.randrange(10))

    async def all_gone() -> bool:
        return not await dispatch.ids()

    await eventually(all_gone, seconds=100)
    runs = Counter(entry.decode() for entry in await redis.lrange("test:runs", 0, -1))
    assert runs == {f"j{number}.1": 1 for number in range(jobs)}, f"seed {seed}"
    most: dict[str, int] = defaultdict(int)
    for entry in await redis.lrange("test:seen", 0, -1):
        subject, _, at_once = entry.decode().rpartition(" ")
        most[subject] = max(most[subject], int(at_once))
    assert not {subject: count for subject, count in most.items() if count > LIMITS[subject]}, f"seed {seed}"
    return dict(most)


async def _killing(
    dispatch: Dispatch,
    order: Order,
    processes: Processes,
    redis: ArqRedis,
    eventually: Eventually,
    *,
    kills: int,
    seed: int,
) -> list[str]:
    """Kill a worker at a random moment, start another, again and again; returns what happened to each job."""
    chance = random.Random(seed)
    alive = [processes.start(f"w{number}", seconds=0.3, jobs=3) for number in range(4)]
    for number in range(kills):
        for more in range(10):
            await dispatch.enqueue(order(f"j{number}-{more}", repository=f"r{more}"))
        await asyncio.sleep(chance.uniform(0.2, 0.6))
        doomed = alive.pop(chance.randrange(len(alive)))
        doomed.kill()
        await asyncio.to_thread(doomed.wait)
        alive.append(processes.start(f"replacement{number}", seconds=0.3, jobs=3))

    async def all_gone() -> bool:
        return not await dispatch.ids()

    await eventually(all_gone, seconds=600)
    kinds: dict[bytes, list[str]] = defaultdict(list)
    for _, fields in await redis.xrange("jca:events"):
        kinds[fields[b"d"]].append(fields[b"k"].decode())
    lives = [" ".join(life) for life in kinds.values()]
    assert len(lives) == 10 * kills, f"seed {seed}"
    assert [life for life in lives if not LIFE.fullmatch(life)] == [], f"seed {seed}"
    return lives
