"""Ending a sandbox at any moment of its life, also while it is still being set up.

bubblewrap's inner process binds its life to the outer one only some way into its start, and is in a session of its own
by then: killing the outer one alone, or its process group, can leave the inner one running for ever.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

_STOPPED = "tTZX"  # states of proc_pid_stat(5) in which a process starts no other
_PATIENCE = 1.0  # seconds until a stopped process has left the system call it was in


def kill_all(pid: int) -> None:
    """Kill the bubblewrap process `pid`, its group and everything in the namespace it made or is about to make."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)  # from here on it makes no child we have not seen
        _until_stopped(pid)
        for child in _children(pid):  # the first process of the namespace: all others in it die with it
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        os.killpg(pid, signal.SIGKILL)


def _until_stopped(pid: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        try:
            stat = Path(f"/proc/{pid}/stat").read_text()
        except OSError:
            return
        if stat.rpartition(")")[2].split()[0] in _STOPPED:
            return
        time.sleep(0.001)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
