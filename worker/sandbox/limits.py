"""What one command in the sandbox may use."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Limits of one command.

    Memory has none here: `RLIMIT_AS` counts reserved address space, of which V8, Go and the JVM reserve far more than
    they use.
    """

    processes: int = 512
    file_size: int = 1024 * MIB
    """Bytes of one file."""
    open_files: int = 1024
    temporary: int = 256 * MIB
    """Bytes of `/tmp`, and again of the home directory; both are memory."""
    shared_memory: int = 16 * MIB
    """Bytes of `/dev/shm`."""

    def prlimit(self, timeout: float) -> list[str]:
        """Return the argument list that sets these limits and then becomes the command appended to it.

        Args:
            timeout: seconds the command may take; its processor time follows, for all cores.
        """
        cpu = math.ceil(timeout) * (os.cpu_count() or 1) + 1
        return [
            "prlimit",
            f"--nproc={self.processes}",
            f"--fsize={self.file_size}",
            f"--nofile={self.open_files}",
            f"--cpu={cpu}",
            "--core=0",
            "--",
        ]
