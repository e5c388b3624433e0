"""A queue that forgets everything, and a ledger that remembers less than it did: what was accepted is done once."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest
import redis

from tests.support import promises
from tests.support.fleet import QUEUE, Fleet, sailing
from tests.support.installation import Installation, until

FEW, MANY = 30, 1_000
EXECUTORS = {FEW: "quick", MANY: "executor"}
"""Real ones need most of a second for a job; in the suite only what is around them is tried."""

FINISHED = "SELECT id FROM jobs WHERE status = 'succeeded'"


def _crew(count: int) -> tuple[str, str]:
    return f"{EXECUTORS[count]}-1", f"{EXECUTORS[count]}-2"


def _send(fleet: Fleet, count: int, start: int = 0) -> list[str]:
    return [fleet.installation.send(f"L-{number}") for number in range(start, start + count)]


def _until_finished(fleet: Fleet, count: int) -> None:
    until(lambda: len(fleet.ask(FINISHED)) >= count, f"{count} finished jobs", seconds=2 * count + 60)


def _lose_the_queue(installation: Installation, seed: int, count: int) -> dict[str, object]:
    """FLUSHALL while jobs wait, run and are reported."""
    chance, started = random.Random(seed), time.monotonic()
    with sailing(installation, executors=0) as fleet, redis.Redis.from_url(fleet.queue.url) as queue:
        fleet.start(*_crew(count))
        accepted = _send(fleet, count)
        _until_finished(fleet, chance.randrange(count // 6, count // 2))
        queue.flushall()
        promises.check(fleet, accepted, seconds=50 + 2 * count)
        again = len(fleet.ask("SELECT 1 FROM attempts")) - count
    return {"jobs": count, "lost": 0, "repeated_runs": again, "seconds": round(time.monotonic() - started)}


def _restore_the_ledger(installation: Installation, seed: int, count: int) -> dict[str, object]:
    """Everything is stopped, an older copy takes the ledger's place, and everything is started again.

    What neither the copy nor the queue knows cannot be done any more; what of it was done was done once.
    """
    chance, started, half = random.Random(seed), time.monotonic(), count // 2
    with sailing(installation, executors=0) as fleet:
        fleet.start(*_crew(count))
        accepted = _send(fleet, half)
        _until_finished(fleet, chance.randrange(1, half // 2))
        copy = _copied(fleet.ledger)
        accepted += _send(fleet, half, start=half)
        _until_finished(fleet, chance.randrange(half // 2, half))
        parts = list(fleet.parts)
        for part in (*parts, QUEUE):
            fleet.kill(part)
        _put_in_place(fleet.ledger, copy)
        fleet.start(QUEUE)
        known = {job for (job,) in fleet.ask("SELECT id FROM jobs")} | _dispatched(fleet)
        fleet.start(*parts)
        promises.check(fleet, known, seconds=50 + 2 * count)
        assert all(len(branches) == 1 for branches in promises.branches(fleet).values())
    seconds = round(time.monotonic() - started)
    return {"jobs": count, "known": len(known & set(accepted)), "lost_of_them": 0, "seconds": seconds}


def _dispatched(fleet: Fleet) -> set[str]:
    with redis.Redis.from_url(fleet.queue.url) as queue:
        return {entry.decode().rpartition(".")[0] for entry in queue.zrange("arq:queue", 0, -1)}


def _copied(ledger: Path) -> Path:
    """A copy of the ledger as it is at this moment, made while it is written to."""
    copy = ledger.with_suffix(".copy")
    with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def _put_in_place(ledger: Path, copy: Path) -> None:
    for suffix in ("-wal", "-shm"):
        Path(f"{ledger}{suffix}").unlink(missing_ok=True)
    shutil.move(copy, ledger)


def test_a_queue_that_forgets_everything_costs_no_job(installation: Installation) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")

    assert _lose_the_queue(installation, seed, FEW)["lost"] == 0


def test_a_ledger_put_back_from_an_older_copy_does_what_it_or_the_queue_knows(installation: Installation) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")

    assert _restore_the_ledger(installation, seed, FEW)["known"]


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_queue_that_forgets_a_thousand_jobs(installation: Installation, soak_seed: int) -> None:
    installation.start_model()
    print(json.dumps(_lose_the_queue(installation, soak_seed, MANY)))


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_a_ledger_put_back_amid_a_thousand_jobs(installation: Installation, soak_seed: int) -> None:
    installation.start_model()
    print(json.dumps(_restore_the_ledger(installation, soak_seed, MANY)))
