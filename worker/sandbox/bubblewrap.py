"""The wall around every command: bubblewrap with its own users, processes, network and file system.

Inside there is `/usr` to read, the tree to write, and nothing else of the host. https://github.com/containers/bubblewrap
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from jobs import errors, results
from worker.sandbox import bubblewrap_failures, killing, walls
from worker.sandbox.limits import MIB, Limits
from worker.sandbox.output import CappedOutput

_CHUNK = 65_536  # bytes
_GRACE = 5.0  # seconds the kernel gets to end killed processes
_PROBE_TIMEOUT = 20.0  # seconds
_REACH = 'touch written && { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null && echo open || echo closed; }'
"""Writes the tree, then tries to reach a listener of the host."""


class Sandbox:
    """Runs commands on one tree, each in a sandbox of its own."""

    def __init__(
        self,
        tree: Path,
        *,
        runtimes: Sequence[Path] = (),
        context: Path | None = None,
        limits: Limits | None = None,
    ) -> None:
        """Prepare commands on `tree`.

        Args:
            tree: the only host directory a command may write.
            runtimes: further host paths a command may read, such as a Python or Node installation outside `/usr`; the
                `bin` of each comes first on the search path.
            context: a host directory a command may read, as `/context`.
            limits: what one command may use.
        """
        self._places = walls.Places(tree.absolute(), tuple(runtimes), context.absolute() if context else None)
        self._limits = limits or Limits()

    async def run(
        self,
        argv: Sequence[str],
        *,
        timeout: float,  # noqa: ASYNC109 - the outcome says that time was over, which a caller's timeout cannot
        output_limit: int = MIB,
    ) -> results.CommandOutcome:
        """Run `argv`, without a shell, until it ends or `timeout` seconds are over.

        Every process it started is dead afterwards, also when the caller is cancelled. Output beyond `output_limit`
        bytes is dropped from the middle.

        Raises:
            errors.NotReady: the sandbox could not be set up; the remedy says how to make it work.
        """
        began = time.monotonic()
        output = CappedOutput(output_limit)
        with _pipe() as (status, report):
            process = await _whole(self._start(argv, timeout, report), output)
            timed_out = await _supervise(process, output, timeout)
            ended = b'"exit-code"' in _read_now(status)
        if not ended and (process.returncode or 0) > 0:  # bubblewrap gave up by itself; below 0 it was killed
            raise bubblewrap_failures.not_ready(output.text())
        return results.CommandOutcome(
            argv=tuple(argv),
            exit_code=process.returncode if ended and not timed_out else None,
            seconds=time.monotonic() - began,
            output=output.text(),
            timed_out=timed_out,
        )

    async def _start(self, argv: Sequence[str], timeout: float, report: int) -> asyncio.subprocess.Process:  # noqa: ASYNC109 - becomes a limit
        program = shutil.which("bwrap")
        if program is None:
            raise bubblewrap_failures.missing()
        with ExitStack() as files:
            contents = {path: files.enter_context(_memory_file(text)) for path, text in walls.FILES.items()}
            options = walls.options(self._places, contents, self._limits)
            command = [program, "--json-status-fd", str(report), *options, "--", *self._limits.prlimit(timeout), *argv]
            # Forked by the loop's own thread: --die-with-parent acts when the thread that forked ends.
            return await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=(report, *contents.values()),
                start_new_session=True,
                env={},
            )


@dataclass(frozen=True)
class SandboxState:
    """Whether commands can be run contained on this machine."""

    ok: bool
    detail: str
    remedy: str = ""
    """What to do about it; also set when it holds but could hold better."""


async def probe(runtimes: Sequence[Path] = ()) -> SandboxState:
    """Start a harmless command, write the tree, and fail to reach the host's network."""
    with tempfile.TemporaryDirectory(prefix="jca-probe-") as name, socket.create_server(("127.0.0.1", 0)) as host:
        sandbox = Sandbox(Path(name), runtimes=runtimes)
        try:
            started = await sandbox.run(["/usr/bin/true"], timeout=_PROBE_TIMEOUT)
            reach = ["bash", "-c", _REACH, "probe", str(host.getsockname()[1])]
            reached = await sandbox.run(reach, timeout=_PROBE_TIMEOUT)
        except errors.NotReady as error:
            return SandboxState(ok=False, detail=error.message, remedy=error.remedy)
        return _judge(started.passed, reached.output.strip())


def _judge(started: bool, answer: str) -> SandboxState:
    if not started:
        return SandboxState(
            ok=False, detail="/usr/bin/true fails in the sandbox.", remedy="Check that /usr is complete."
        )
    if answer == "open":
        return SandboxState(
            ok=False,
            detail="A command in the sandbox reached the network of this machine.",
            remedy="Do not run jobs here; please report this with the kernel's and bubblewrap's version.",
        )
    if answer != "closed":
        return SandboxState(
            ok=False,
            detail=f"A command in the sandbox could not write its tree: {answer[:200]}",
            remedy="Check that the worker's user owns the state directory and that bash is installed.",
        )
    detail = "bubblewrap: no network, own processes, only the tree is writable."
    if os.geteuid() == 0:
        return SandboxState(
            ok=True,
            detail=f"{detail} As root, the kernel does not enforce the limit on processes.",
            remedy="Run the worker as a user of its own.",
        )
    return SandboxState(ok=True, detail=detail)


async def _whole(
    start: Coroutine[None, None, asyncio.subprocess.Process], output: CappedOutput
) -> asyncio.subprocess.Process:
    """Finish starting whatever happens: a cancellation in the middle must not lose sight of the process."""
    starting = asyncio.ensure_future(start)
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await _uninterrupted(_end_once_started(starting, output))
        raise


async def _supervise(process: asyncio.subprocess.Process, output: CappedOutput, timeout: float) -> bool:  # noqa: ASYNC109 - see run
    """Wait for the end and say whether it came by the clock; whatever happens, nothing lives on."""
    try:
        async with asyncio.timeout(timeout):
            await _drain(process, output)
            await process.wait()
    except TimeoutError:
        return True
    finally:
        await _uninterrupted(_end(process, output))
    return False


async def _uninterrupted(ending: Coroutine[None, None, None]) -> None:
    """See an ending through although the caller is cancelled, once more or for the first time."""
    task = asyncio.ensure_future(ending)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled:
        raise cancelled


async def _end_once_started(starting: asyncio.Future[asyncio.subprocess.Process], output: CappedOutput) -> None:
    await _end(await starting, output)


async def _end(process: asyncio.subprocess.Process, output: CappedOutput) -> None:
    if process.returncode is None:
        killing.kill_all(process.pid)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await _drain(process, output)  # the pipe ends with the last process that holds it
        await process.wait()


async def _drain(process: asyncio.subprocess.Process, output: CappedOutput) -> None:
    pipe = cast("asyncio.StreamReader", process.stdout)
    while chunk := await pipe.read(_CHUNK):
        output.add(chunk)


def _read_now(pipe: int) -> bytes:
    try:
        return os.read(pipe, _CHUNK)
    except BlockingIOError:
        return b""


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    """Open a pipe that can be read without waiting; both ends are closed in the end."""
    read, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        yield read, write
    finally:
        os.close(read)
        os.close(write)


@contextmanager
def _memory_file(text: str) -> Iterator[int]:
    """Open a file that exists in memory only, ready to be read."""
    descriptor = os.memfd_create("sandbox", os.MFD_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)
