"""What the kernel says about a process."""

from __future__ import annotations

import re
from pathlib import Path

KIB_PER_MIB = 1024
NANOSECONDS = 1e-6  # milliseconds


def cpu(pid: int) -> float:
    """Milliseconds of processor time that all threads of a process have used."""
    spent = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        spent += int((task / "schedstat").read_text().split()[0])
    return spent * NANOSECONDS


def resident(pid: int) -> float:
    """MiB of memory that a process holds (VmRSS)."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) / KIB_PER_MIB
