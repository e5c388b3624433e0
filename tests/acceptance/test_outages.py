"""Outages that end no run: Redis away for longer than a lease, and an executor that sleeps through its own."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from tests.support import promises
from tests.support.fleet import QUEUE, Fleet, sailing
from tests.support.installation import Installation, until

SYNCED = 1.5  # seconds after which what Redis was told is in its append-only file


def _outlast(fleet: Fleet, away: float) -> None:
    """Take Redis away from executors that run a job each, and let the jobs end."""
    jobs = [fleet.installation.send(f"K-{number}") for number in range(2)]
    claims = {job: fleet.until_running(job) for job in jobs}
    time.sleep(SYNCED)
    fleet.kill(QUEUE)
    time.sleep(away)
    fleet.start(QUEUE)
    promises.check(fleet, jobs, seconds=100)

    for job, claim in claims.items():
        assert fleet.attempts(job) == [claim._replace(outcome="published")]


def test_executors_keep_their_jobs_while_redis_is_away_for_three_leases(installation: Installation) -> None:
    installation.start_model(delay=0.7)
    with sailing(installation) as fleet:
        _outlast(fleet, away=3)


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_executors_keep_their_jobs_while_redis_is_away_for_sixteen_seconds(installation: Installation) -> None:
    installation.start_model(delay=3)
    with sailing(installation, lease=12) as fleet:
        _outlast(fleet, away=16)
    print(json.dumps({"away_s": 16, "starts_of_each": 1}))


def _sleep_through(fleet: Fleet, key: str, after: float) -> bool:
    """Freeze an executor some time after it began; as `_outlived`."""
    job = fleet.installation.send(key)
    sleeper = fleet.until_running(job).worker
    time.sleep(after)
    fleet.freeze(sleeper)
    return _outlived(fleet, job, sleeper)


def _outlived(fleet: Fleet, job: str, sleeper: str) -> bool:
    """Wait until another executor has published, and thaw the one that sleeps; False if that one had ended before."""
    promises.check(fleet, [job], seconds=60)
    published, other = _refs(fleet.installation.repository), fleet.attempts(job)[-1].worker
    if other == sleeper:
        fleet.thaw(sleeper)
        return False
    fleet.kill(other)
    fleet.thaw(sleeper)
    following = fleet.installation.send(f"{job}-next")  # it begins when the run that was slept through is over
    promises.check(fleet, [job, following], seconds=60)

    assert [one.outcome for one in fleet.attempts(job)] == ["lost", "published"]
    present = _refs(fleet.installation.repository)
    assert published.items() <= present.items()
    assert len(present) == len(published) + 1
    fleet.start(other)
    return True


def _refs(repository: Path) -> dict[str, str]:
    """Every ref of the remote with what it points to."""
    argv = ["git", "--git-dir", str(repository), "for-each-ref", "--format=%(refname) %(objectname)"]
    listed = subprocess.run(argv, check=True, capture_output=True, text=True).stdout
    return dict(line.split() for line in listed.splitlines())


def test_an_executor_that_wakes_after_its_lease_changes_nothing_at_the_remote(installation: Installation) -> None:
    installation.start_model(delay=0.1)
    with sailing(installation) as fleet:
        assert _sleep_through(fleet, "K-1", after=0.4)


def _freeze_in_mirror(fleet: Fleet) -> str:
    """Freeze the executor that holds the lock of the mirror, as soon as there is one."""
    mirrors = fleet.installation.directory / "state" / "mirrors"

    def sleeper() -> str | None:
        holder = next((name for name in fleet.parts if fleet.locks(name, mirrors)), None)
        if holder is None:
            return None
        fleet.freeze(holder)
        if fleet.locks(holder, mirrors):
            return holder
        fleet.thaw(holder)
        return None

    return until(sleeper, "somebody who holds the lock of the mirror", pause=0.001)


def test_an_executor_that_sleeps_in_the_mirror_keeps_nobody_waiting(installation: Installation) -> None:
    installation.start_model(delay=0.1)
    with sailing(installation) as fleet:
        job = fleet.installation.send("K-1")
        assert _outlived(fleet, job, _freeze_in_mirror(fleet))


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_executors_that_sleep_at_random_moments_change_nothing_at_the_remote(
    installation: Installation, soak_seed: int
) -> None:
    chance, rounds, started = random.Random(soak_seed), 20, time.monotonic()
    installation.start_model(delay=0.1)
    with sailing(installation) as fleet:
        slept = sum(_sleep_through(fleet, f"K-{number}", after=chance.uniform(0, 1.5)) for number in range(rounds))
    print(json.dumps({"sleeps": slept, "extra_refs": 0, "seconds": round(time.monotonic() - started)}))
