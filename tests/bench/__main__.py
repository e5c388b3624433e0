"""`make bench`: what JCA costs, as ratios against a peer measured in the same run.

Prints a table for people and, as its last line, one JSON object for programs. Absolute figures are those of this
machine at this moment; the ratios carry over.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import jobs
from tests.bench import delivering, queue, remembering, sandboxing, starting
from tests.bench.figures import Figure, as_json, table


def main() -> None:
    """Measure everything, one thing after the other."""
    began = time.monotonic()
    figures = [*starting.measure(), *asyncio.run(queue.measure(random.Random(1))).figures()]
    with _directory() as directory:
        figures += delivering.measure(directory)
    with _directory() as directory:
        figures += asyncio.run(sandboxing.measure(directory))
    with _directory() as directory:
        figures += remembering.measure(directory)
    print(table(figures))
    print(json.dumps(_report(figures, time.monotonic() - began)))


@contextmanager
def _directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="jca-b-") as name:  # short: it will hold unix sockets
        yield Path(name)


def _report(figures: list[Figure], seconds: float) -> dict[str, object]:
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    return {"jca": jobs.__version__, "seconds": round(seconds, 1), "machine": machine, "figures": as_json(figures)}


if __name__ == "__main__":
    main()
