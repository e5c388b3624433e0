"""Serving an aiohttp application on an address or a unix socket, and waiting until somebody asks to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from jobs import errors

SHUTDOWN = 2.0  # seconds requests in flight may take to end


@asynccontextmanager
async def serving(
    app: web.Application,
    *,
    host: str = "",
    port: int = 0,
    path: Path | None = None,
) -> AsyncIterator[str]:
    """Serve until the block ends; yields `host:port` or the socket's path.

    Raises:
        errors.NotReady: the address is taken or not ours.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN)
    await runner.setup()
    try:
        if path is not None:
            path.unlink(missing_ok=True)
            await web.UnixSite(runner, path).start()
            path.chmod(0o600)
            yield str(path)
        else:
            await web.TCPSite(runner, host, port).start()
            yield "{}:{}".format(*runner.addresses[0][:2])
    except OSError as error:
        raise errors.NotReady(
            f"Nothing can listen on {path or f'{host}:{port}'}: {os.strerror(error.errno or 0)}."
        ) from error
    finally:
        await runner.cleanup()


async def until_stopped(*tasks: asyncio.Task[None]) -> None:
    """Return on SIGTERM or SIGINT; a task that ends by itself ends the wait with its error."""
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked.set)
    waiting = asyncio.create_task(asked.wait())
    done, _ = await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    for task in done - {waiting}:
        task.result()


async def ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it is over."""
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
