"""A child process of the supervisor: its log file, its word that it is ready, its end."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from jobs import errors

PR_SET_PDEATHSIG = 1  # prctl(2)
READY_FD = "JCA_READY_FD"
STARTING = 30.0  # seconds a part may take until it is ready


@dataclass
class Child:
    """One started part."""

    name: str
    process: asyncio.subprocess.Process
    log: Path
    ready: asyncio.Future[str]

    async def until_ready(self) -> str:
        """Wait until the part says where it can be reached.

        Raises:
            errors.NotReady: it ended or did not say so in time; carries the end of its log.
        """
        try:
            async with asyncio.timeout(STARTING):
                if said := await self.ready:  # an ended process closes the pipe without a word
                    return said
        except TimeoutError:
            pass
        raise errors.NotReady(f"{self.name} did not start.\n{self.last_words()}", remedy=f"Its log is {self.log}.")

    def last_words(self, lines: int = 8) -> str:
        """The end of its log."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except OSError:
            return ""

    def describe_end(self) -> str:
        """How it ended, in words."""
        code = self.process.returncode
        if code is not None and code < 0:
            return f"was killed by signal {-code} ({signal.Signals(-code).name})"
        return f"ended with exit code {code}"

    async def stop(self, grace: float) -> None:
        """Ask it to end, and end it when it does not within `grace` seconds."""
        if self.process.returncode is not None:
            return
        self.process.terminate()
        try:
            async with asyncio.timeout(grace):
                await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def start(name: str, argv: Sequence[str], log: Path, environment: Mapping[str, str]) -> Child:
    """Start a part; its output goes to `log`, its word that it is ready comes through a pipe."""
    ready_read, ready_write = os.pipe()
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**environment, READY_FD: str(ready_write)},
            pass_fds=(ready_write,),
            start_new_session=True,
            preexec_fn=_end_with_parent,
        )
    os.close(ready_write)
    return Child(name, process, log, asyncio.ensure_future(_first_line(ready_read)))


def say_ready(where: str) -> None:
    """Tell the supervisor, if there is one, that this part can be reached."""
    descriptor = os.environ.pop(READY_FD, "")
    if descriptor:
        with os.fdopen(int(descriptor), "w") as pipe:
            pipe.write(f"{where}\n")


def own_command(*words: str) -> list[str]:
    """The argument list that starts a part of JCA with this very interpreter."""
    return [sys.executable, "-m", "worker", *words]


async def _first_line(descriptor: int) -> str:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    pipe = os.fdopen(descriptor, "rb", buffering=0)
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        return (await reader.readline()).decode().strip()
    finally:
        transport.close()


def _end_with_parent() -> None:
    """Ask the kernel to end this process when the supervisor dies, however it dies (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
