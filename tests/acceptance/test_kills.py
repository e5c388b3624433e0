"""kill -9 of any part at any moment: nothing that got a 202 is lost, one branch and one pull request each."""

from __future__ import annotations

import contextlib
import json
import os
import random
import time

import httpx
import pytest

from tests.support.installation import Installation

PARTS = ("executor", "gateway", "webhooks", "queue", "supervisor")


def _send_some(installation: Installation, round_: int) -> list[str]:
    promised = []
    for number in range(2):
        with contextlib.suppress(httpx.TransportError, AssertionError):  # no 202, no promise
            promised.append(installation.send(f"R{round_}-{number}"))
    return promised


def _check(installation: Installation, promised: list[str]) -> None:
    for job_id in promised:
        job = installation.until_ended(job_id, seconds=120)
        assert job["status"] == "succeeded", job["reason"]
        own = [name for name, message in installation.branches().items() if f"Job: {job_id}" in message]
        assert own == [job["branch"]]
        assert job["pull_request"]["branch"] == job["branch"]
        assert [step["status"] for step in job["history"]].count("succeeded") == 1


def _survive(installation: Installation, seed: int, rounds: int) -> int:
    """Kill once per round, at a random moment, a part at a time; returns how many tickets were promised."""
    chance = random.Random(seed)
    installation.start_model(delay=0.1)
    promised: list[str] = []
    for number in range(rounds):
        installation.up()
        promised += _send_some(installation, number)
        time.sleep(chance.uniform(0, 2))
        installation.kill(PARTS[number % len(PARTS)])
    installation.up()
    _check(installation, promised)
    return len(promised)


def test_no_part_takes_a_promise_with_it_when_it_is_killed(installation: Installation) -> None:
    seed = random.randrange(2**32)

    assert _survive(installation, seed, rounds=len(PARTS)) >= 2 * len(PARTS), f"seed {seed}"


@pytest.mark.soak
@pytest.mark.timeout(3000)
def test_many_kills_at_random_moments(installation: Installation) -> None:
    seed, rounds = int(os.environ.get("JCA_SOAK_SEED") or random.randrange(2**32)), 60
    print(f"seed {seed}")
    started = time.monotonic()
    promised = _survive(installation, seed, rounds)

    print(json.dumps({"kills": rounds, "promised": promised, "lost": 0, "seconds": round(time.monotonic() - started)}))
