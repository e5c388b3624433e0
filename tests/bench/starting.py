"""How long the command line takes to start, and how long the whole way of a ticket."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.bench.figures import Figure

ROUNDS = 10


def measure() -> Iterator[Figure]:
    """`jca --help` beside an empty Python, and `jca demo`."""
    jca = str(Path(sys.executable).with_name("jca"))
    ours, peer = [], []
    for _ in range(ROUNDS):
        ours.append(_milliseconds([jca, "--help"]))
        peer.append(_milliseconds([sys.executable, "-c", "pass"]))
    yield Figure("jca --help", statistics.median(ours), "ms", statistics.median(peer), "python -c pass")
    done = subprocess.run([jca, "demo", "--json"], check=True, capture_output=True, text=True)
    yield Figure("jca demo, from nothing to the pull request", json.loads(done.stdout)["seconds"], "s")


def _milliseconds(argv: Sequence[str]) -> float:
    began = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return (time.perf_counter() - began) * 1000
