"""The promise, as a test sends it and looks whether it was kept."""

from __future__ import annotations

import contextlib
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from tests.support.fleet import Fleet
from tests.support.installation import ENDED, Installation, until

CRASHES = 3
"""Deaths of workers after which a job fails, and a person has to say that it is tried again."""


@contextmanager
def sending(installation: Installation, pause: float) -> Iterator[list[str]]:
    """Send tickets all the time within the block; the list is of the jobs that were answered with 202."""
    promised: list[str] = []
    enough = threading.Event()

    def send() -> None:
        for number in itertools.count():
            with contextlib.suppress(httpx.TransportError, AssertionError):  # no 202, no promise
                promised.append(installation.send(f"S-{number}"))
            if enough.wait(pause):
                return

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield promised
    finally:
        enough.set()
        sender.join()


def check(fleet: Fleet, promised: Collection[str], *, seconds: float) -> int:
    """Wait until all of these have ended, and look for one branch, one pull request and one report of each.

    A job that failed because its workers died again and again is retried, as a person would. Returns how many were.
    """
    retried, end = set[str](), time.monotonic() + seconds
    while unfinished := _unfinished(fleet, promised, retried):
        assert time.monotonic() < end, f"not within {seconds:g} s: {unfinished}"
        time.sleep(0.2)
    until(lambda: not fleet.ask("SELECT 1 FROM outbox LIMIT 1"), "every effect that is owed")
    succeeded = Counter(job for (job,) in fleet.ask("SELECT job_id FROM transitions WHERE status = 'succeeded'"))
    reported = {job for (job,) in fleet.ask("SELECT job_id FROM reports")}
    published = branches(fleet)
    for job in _records(fleet, promised):
        assert published.get(job["id"]) == [job["branch"]], job
        assert job["pull_request"]["branch"] == job["branch"]
        assert succeeded[job["id"]] == 1, job
        assert job["id"] in reported
    return len(retried)


def branches(fleet: Fleet) -> dict[str, list[str]]:
    """The branches of the repository that carry each job."""
    found: dict[str, list[str]] = {}
    for branch, message in fleet.installation.branches().items():
        job = next(line.removeprefix("Job: ") for line in message.splitlines() if line.startswith("Job: "))
        found.setdefault(job, []).append(branch)
    return found


def _unfinished(fleet: Fleet, promised: Collection[str], retried: set[str]) -> dict[str, str]:
    """What has not succeeded of these, with its status; those whose workers died are retried."""
    status = dict(fleet.ask("SELECT id, status FROM jobs"))
    left = {job: status.get(job, "unknown") for job in promised if status.get(job) != "succeeded"}
    if set(left.values()) <= ENDED:
        for job in _records(fleet, left):
            assert job["reason"]["code"] == "worker_crashed", job
            assert len([one for one in fleet.attempts(job["id"]) if one.outcome in {"lost", "crashed"}]) >= CRASHES
            retried.add(job["id"])
            fleet.retry(job["id"])
    return left


def _records(fleet: Fleet, wanted: Collection[str]) -> list[dict[str, Any]]:
    return [json.loads(fleet.ask("SELECT record FROM jobs WHERE id = ?", job)[0][0]) for job in wanted]
