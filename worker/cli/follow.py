"""Following a job's output until it ends, through broken connections."""

from __future__ import annotations

import json
import time
from typing import Any

from jobs import errors
from worker.cli import terminal
from worker.cli.client import Gateway, NotRunning

MOST_BREAKS = 10  # in a row, without one line between them
PAUSE = 1.0  # seconds before the connection is tried again


def follow(gateway: Gateway, job: str, *, as_json: bool) -> str:
    """Print lines as they come and return the status the job ended with.

    Raises:
        errors.NotFound: there is no such job.
        errors.TryAgain: the connection broke again and again.
    """
    gateway.get(f"jobs/{job}")
    seen, breaks = "", 0
    while breaks < MOST_BREAKS:
        try:
            for event in gateway.follow(f"jobs/{job}/events", seen):
                if event.name == "end":
                    return str(json.loads(event.data)["status"])
                if event.name == "line":
                    write_line(json.loads(event.data), as_json=as_json)
                    seen, breaks = event.id, 0
        except (errors.TryAgain, NotRunning):
            terminal.note("The connection broke; trying again.")
        breaks += 1
        time.sleep(PAUSE)
    raise errors.TryAgain(f"The gateway closed the stream of job {job} {MOST_BREAKS} times in a row.")


def write_line(line: dict[str, Any], *, as_json: bool) -> None:
    """Print one line of output."""
    if as_json:
        terminal.write(json.dumps(line))
    else:
        terminal.write(line["text"])
