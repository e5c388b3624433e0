"""One git process from start to end: in a thread, with a deadline, a cap on its output and a way to kill its group."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from subprocess import Popen
from typing import IO, Any, cast

_CHUNK = 65_536  # bytes
_STDERR_LIMIT = 65_536  # bytes
_KEPT = frozenset(
    {
        "PATH",
        "SSH_AUTH_SOCK",
        "TMPDIR",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        *("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
    },
)
"""What git may inherit of the worker's environment: programs, trust and the network, and no secret."""


@dataclass(frozen=True)
class Output:
    """What a git process left behind."""

    code: int
    """Its exit code; negative when a signal ended it."""
    stdout: bytes
    stderr: str
    truncated: bool = False
    """Whether it was stopped because `stdout` reached the limit."""


class GitProcess:
    """A git process that another thread may kill at any time."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], *, limit: int, timeout: float) -> None:
        self._argv = argv
        self._environment = environment
        self._limit = limit
        self._timeout = timeout
        self._lock = threading.Lock()
        self._process: Popen[bytes] | None = None
        self._killed = False

    def run(self, stdin: bytes) -> Output:
        """Run it to its end; blocking.

        Raises:
            TimeoutError: it was killed because its time was over, or by `kill`.
            ImportError: GitPython found no `git` to start.
        """
        with tempfile.TemporaryFile() as given:
            given.write(stdin)
            given.seek(0)
            handle = self._start(given)
        with cast("Popen[bytes]", handle.proc) as process:
            try:
                return self._collect(process)
            finally:
                self.kill()

    def kill(self) -> None:
        """Kill git and the helpers it started; safe before the start and after the end."""
        with self._lock:
            self._killed = True
            if self._process is not None and self._process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _start(self, given: IO[bytes]) -> Any:  # noqa: ANN401 - GitPython's wrapper type is private
        from git.cmd import Git  # noqa: PLC0415 - importing GitPython starts a git process

        # GitPython adds to the worker's whole environment; `env -u` takes its secrets and GIT_* settings out again.
        foreign = [name for name in os.environ if name not in _KEPT | self._environment.keys()]
        unset = [word for name in foreign for word in ("-u", name)]
        with self._lock:
            if self._killed:
                raise TimeoutError
            handle = Git("/").execute(
                ["env", *unset, "git", *self._argv],
                istream=cast("Any", given),
                env=self._environment,
                as_process=True,
                start_new_session=True,
            )
            self._process = handle.proc
        return handle

    def _collect(self, process: Popen[bytes]) -> Output:
        out, err = cast("IO[bytes]", process.stdout), cast("IO[bytes]", process.stderr)
        kept = {out.fileno(): bytearray(), err.fileno(): bytearray()}
        room = {out.fileno(): self._limit + 1, err.fileno(): _STDERR_LIMIT}
        deadline = time.monotonic() + self._timeout
        with selectors.DefaultSelector() as selector:
            for pipe in kept:
                selector.register(pipe, selectors.EVENT_READ)
            while selector.get_map() and len(kept[out.fileno()]) <= self._limit:
                for key, _ in _ready(selector, deadline):
                    chunk = os.read(key.fd, _CHUNK)
                    kept[key.fd] += chunk[: room[key.fd] - len(kept[key.fd])]
                    if not chunk:
                        selector.unregister(key.fd)
        truncated = len(kept[out.fileno()]) > self._limit
        code = 0 if truncated else process.wait(timeout=max(0.1, deadline - time.monotonic()))
        return Output(
            code, bytes(kept[out.fileno()][: self._limit]), kept[err.fileno()].decode(errors="replace"), truncated
        )


def _ready(selector: selectors.BaseSelector, deadline: float) -> list[tuple[selectors.SelectorKey, int]]:
    remaining = deadline - time.monotonic()
    ready = selector.select(remaining) if remaining > 0 else []
    if not ready:
        raise TimeoutError
    return ready
