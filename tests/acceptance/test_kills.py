"""kill -9 of any part at any moment: nothing that got a 202 is lost, one branch and one pull request each."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from tests.support import promises
from tests.support.fleet import QUEUE, Fleet, sailing
from tests.support.installation import Installation

PARTS = ("executor-1", "executor-2", "gateway", "webhooks-1", QUEUE)
LEASE = 12.0  # seconds, the default
AGAIN = 15.0  # seconds after which the job of a killed executor has to be under way again


def _kill_supervisor(installation: Installation, chance: random.Random, kills: int) -> list[str]:
    """Everything at once, again and again; returns what was promised."""
    promised = []
    for _ in range(kills):
        installation.up()
        with promises.sending(installation, pause=1) as sent:
            time.sleep(chance.uniform(0, 2))
            installation.kill("supervisor")
        promised += sent
    return promised


def _kill_parts(fleet: Fleet, chance: random.Random, victims: Sequence[str], pause: float) -> list[str]:
    """One part after the other while tickets come in; returns what was promised."""
    with promises.sending(fleet.installation, pause) as sent:
        for part in victims:
            time.sleep(chance.uniform(0, 2))
            fleet.kill(part)
            time.sleep(chance.uniform(0, 0.5))
            fleet.start(part)
    return sent


def _survive(installation: Installation, seed: int, *, supervisors: int, parts: int) -> dict[str, object]:
    """Kill as often as said; the queue of the fleet is a new one, so what the supervisor's knew is lost with it."""
    chance, started = random.Random(seed), time.monotonic()
    installation.start_model(delay=0.1)
    promised = _kill_supervisor(installation, chance, supervisors)
    victims = [PARTS[number % len(PARTS)] for number in range(parts)]
    chance.shuffle(victims)
    with sailing(installation) as fleet:
        promised += _kill_parts(fleet, chance, victims, pause=2)
        retried = promises.check(fleet, promised, seconds=60 + 4 * len(promised))
    seconds = round(time.monotonic() - started)
    return {"kills": supervisors + parts, "promised": len(promised), "lost": 0, "retried": retried, "seconds": seconds}


def test_no_part_takes_a_promise_with_it_when_it_is_killed(installation: Installation) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")

    assert _survive(installation, seed, supervisors=1, parts=4)["promised"]


@pytest.mark.soak
@pytest.mark.timeout(2400)
def test_two_hundred_kills_at_random_moments(installation: Installation, soak_seed: int) -> None:
    print(json.dumps(_survive(installation, soak_seed, supervisors=15, parts=185)))


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_the_job_of_a_killed_executor_starts_again_in_time_and_a_live_one_never(
    installation: Installation, soak_seed: int
) -> None:
    chance = random.Random(soak_seed)
    installation.start_model(delay=6)
    with sailing(installation, executors=5, lease=LEASE) as fleet:
        long, *doomed = [installation.send(f"K-{number}") for number in range(3)]
        for job in (long, *doomed):
            fleet.until_running(job)
        time.sleep(chance.uniform(0, LEASE / 4))
        waits = [_until_again(fleet, job) for job in doomed]
        promises.check(fleet, [long, *doomed], seconds=150)
        assert [claim.outcome for claim in fleet.attempts(long)] == ["published"]
        print(json.dumps({"restarts": len(waits), "longest_s": max(waits), "lease_s": LEASE}))
    assert max(waits) < AGAIN


def _until_again(fleet: Fleet, job: str) -> float:
    """Kill the executor that runs a job; seconds until another one has it."""
    fleet.kill(fleet.until_running(job).worker)
    killed = datetime.now(UTC)
    return round((fleet.until_running(job, attempts=2).started_at - killed).total_seconds(), 1)
