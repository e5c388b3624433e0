"""`make bench-queue`: the queue beside arq's own worker, on one Valkey, in one run.

Prints a table for people and, as its last line, one JSON object for programs. Absolute figures are those of this
machine at this moment; the ratios carry over. `JCA_BENCH_SEED` repeats the chances of an earlier run.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import statistics
from dataclasses import dataclass

from tests.bench import cancelling, claiming, dispatching, draining, idling, recovering
from tests.bench.figures import Figure, percentile, percentiles, table
from tests.support import valkey

STARTS = 120
ROUNDS = 3
STOCK = f"arq's worker, poll_delay {dispatching.POLL} s"


@dataclass(frozen=True)
class Common:
    """What the short form measures too."""

    starts: tuple[list[float], list[float]]
    """Milliseconds from enqueueing to the start, ours and the peer's."""
    rates: tuple[float, float]
    """Jobs per second, ours and the peer's."""
    enqueued: float
    """Jobs enqueued per second."""
    claims: list[float]
    """Milliseconds."""
    cancels: list[float]
    """Milliseconds."""

    def figures(self) -> list[Figure]:
        """As lines of the table."""
        return [
            *percentiles("enqueue to start", *self.starts, STOCK),
            Figure("jobs that do nothing", self.rates[0], "/s", self.rates[1], STOCK),
            Figure("enqueueing, one at a time", self.enqueued, "/s"),
            Figure(f"claim while {claiming.WAITING:,} wait, p50", statistics.median(self.claims), "ms"),
            Figure("cancel to the end of the processes, p50", statistics.median(self.cancels), "ms"),
        ]


async def measure(chance: random.Random, *, starts: int = 60, rounds: int = 1) -> Common:
    """Measure what takes no waiting, each on an empty server."""
    with valkey.running() as server:
        waits = await dispatching.samples(server.url, chance, starts)
    with valkey.running() as server:
        ours, peer = await draining.rates(server.url, rounds)
    with valkey.running() as server:
        enqueued, claims = await claiming.measure(server.url)
    with valkey.running() as server:
        cancels = await cancelling.measure(server.url)
    return Common(waits, (statistics.median(ours), statistics.median(peer)), enqueued, claims, cancels)


async def _measure_all(seed: int) -> None:
    chance = random.Random(seed)
    common = await measure(chance, starts=STARTS, rounds=ROUNDS)
    with valkey.running() as server:
        idle = await idling.measure(server.url)
    with valkey.running() as server:
        recoveries = await recovering.measure(server.url, chance)
    more = [
        Figure("idle worker, of one processor", idle[0], "%", idle[1], STOCK),
        Figure("kill -9 to the next start, p50", statistics.median(recoveries), "s"),
        Figure("kill -9 to the next start, the longest", max(recoveries), "s"),
    ]
    print(table([*common.figures(), *more]))
    print(json.dumps(_report(common, idle, recoveries) | {"seed": seed}))


def _report(common: Common, idle: tuple[float, float], recoveries: list[float]) -> dict[str, float]:
    ours, peer = common.starts
    figures = {
        "start_p50_ms": percentile(ours, 50),
        "start_p99_ms": percentile(ours, 99),
        "stock_start_p50_ms": percentile(peer, 50),
        "jobs_per_s": common.rates[0],
        "stock_jobs_per_s": common.rates[1],
        "enqueue_per_s": common.enqueued,
        "claim_p50_ms_at_10000": percentile(common.claims, 50),
        "idle_cpu_percent": idle[0],
        "recovery_p50_s": percentile(recoveries, 50),
        "recovery_max_s": max(recoveries),
        "stock_start_p99_ms": percentile(peer, 99),
        "stock_idle_cpu_percent": idle[1],
        "cancel_p50_ms": percentile(common.cancels, 50),
    }
    return {name: round(figure, 3) for name, figure in figures.items()}


if __name__ == "__main__":
    asyncio.run(_measure_all(int(os.environ.get("JCA_BENCH_SEED") or random.randrange(2**32))))
