"""What a claim costs while ten thousand jobs wait for an offer that nobody has, and what it costs to enqueue them."""

from __future__ import annotations

import time

from jobs.order import VERSION
from jobs.queue import connection
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, CODEX, make_order
from tests.support.valkey import open_dispatch

WAITING = 10_000
CLAIMS = 300
REPOSITORIES = 20
LEASE = 12_000  # milliseconds


async def measure(url: str) -> tuple[float, list[float]]:
    """Jobs enqueued per second by one client, one at a time; and the milliseconds of each claim."""
    redis = connection.connect(url)
    dispatch = await open_dispatch(redis)
    orders = [make_order(f"waits-{number}", **_place(CODEX.account, number)) for number in range(WAITING)]
    began = time.perf_counter()
    for order in orders:
        await dispatch.enqueue(order)
    rate = WAITING / (time.perf_counter() - began)
    for number in range(CLAIMS):
        await dispatch.enqueue(make_order(f"ready-{number}", **_place(CLAUDE.account, number)))
    scripts, claims = Scripts(redis), []
    for _ in range(CLAIMS):
        began = time.perf_counter()
        _, claimed = await scripts.claim(args=["bench", LEASE, 1, VERSION, *CLAUDE])
        claims.append((time.perf_counter() - began) * 1000)
        assert claimed
    await redis.aclose()
    return rate, claims


def _place(account: str, number: int) -> dict[str, str]:
    return {"account": account, "repository": f"r{number % REPOSITORIES}"}
