"""A gateway in a thread of its own, for clients that block: browsers and raw connections."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from jobs.job import Job, now
from jobs.settings import Settings
from tests.support.gateway import parts
from tests.support.seeds import accounts, doings, work
from worker.gateway.app import create_app

T = TypeVar("T")


class Gateway:
    """Believable jobs behind pages; it can be stopped and started again on the same port."""

    def __init__(self, directory: Path, queue_url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._opened = AsyncExitStack()
        self._runner: web.AppRunner | None = None
        self.port = 0
        self.jobs: dict[str, Job] = {}
        settings = Settings(state_dir=directory, worker_name="worker-1", ui_hosts=("jca.example",))
        entered = self._opened.enter_async_context(parts.opened(settings, queue_url, accounts.CATALOG))
        self.services = self.run(entered).services
        self.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the gateway's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def seed(self) -> None:
        """Put jobs of every status and two workers there."""
        self.jobs = self.run(work.everything(self.services.ledger, self.services.logs))
        self.run(self.services.ledger.write(work.held))
        for name in ("queued", "held"):
            self.run(self.services.dispatch.enqueue(accounts.order(self.jobs[name])))
        self.run(doings.everything(self.services, self.jobs["running"].id))
        for worker, said in accounts.readiness(now()).items():
            self.run(self.services.presence.publish(worker, said, 600))

    def put(self, *found: Job) -> None:
        """Record more jobs."""
        self.run(self.services.ledger.write(lambda tx: [work.put(tx, job) for job in found]))

    def say(self, job_id: str, *texts: str) -> None:
        """Append lines to a job's log."""
        self.run(work.write(self.services.logs, job_id, tuple(("repair 1", "output", text) for text in texts)))

    def start(self) -> None:
        """Listen, on the same port as before."""
        self.run(self._start())

    def stop(self) -> float:
        """Stop listening and say how many seconds it took."""
        began = time.monotonic()
        self.run(self._stop())
        return time.monotonic() - began

    def close(self) -> None:
        """Give everything back."""
        self.stop()
        self.run(self._opened.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._runner = web.AppRunner(create_app(self.services), access_log=None, shutdown_timeout=60)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            server = self._runner.server
            await self._runner.cleanup()
            await asyncio.sleep(0)
            if server is not None:  # a browser may have connected just before the end
                await server.shutdown()
            await asyncio.sleep(0)
        self._runner = None


@contextmanager
def running(directory: Path, queue_url: str, *, seeded: bool = True) -> Iterator[Gateway]:
    """A gateway that is closed with the block, with or without jobs."""
    gateway = Gateway(directory, queue_url)
    try:
        if seeded:
            gateway.seed()
        yield gateway
    finally:
        gateway.close()
