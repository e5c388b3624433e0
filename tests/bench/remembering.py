"""How much memory the long-running parts hold after a job."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench import processes
from tests.bench.figures import Figure
from tests.support.installation import Installation

PEER = "import aiohttp.web, sys; sys.stdin.read()"


def measure(directory: Path) -> list[Figure]:
    """Run one job, then look at gateway and executor, beside a Python that only imported aiohttp."""
    installation = Installation.create(directory)
    idle = subprocess.Popen([sys.executable, "-c", PEER], stdin=subprocess.PIPE)
    try:
        installation.start_model()
        up = installation.up()
        ended = installation.until_ended(installation.send(body="[JCA]\nprovider=scripted\n[/JCA]"))
        assert ended["status"] == "succeeded", ended
        parts, peer = installation.children(up), processes.resident(idle.pid)
        return [
            Figure(f"{name}, resident", processes.resident(parts[name]), "MiB", peer, "python with aiohttp")
            for name in ("gateway", "executor")
        ]
    finally:
        installation.end()
        idle.communicate()
