"""An installation whose parts are processes of their own, so that each can be killed, frozen and started alone."""

from __future__ import annotations

import os
import select
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from jobs.ledger import migrate
from tests.support.installation import ROOT, Installation, free_port, until
from tests.support.valkey import Valkey
from worker import state

STARTING = 30.0  # seconds a part may take until it says that it is ready
QUEUE = "queue"
_LOCKS = Path("/proc/locks")  # https://man7.org/linux/man-pages/man5/proc_locks.5.html
COMMANDS = {"gateway", "webhooks", "executor"}


class Attempt(NamedTuple):
    """One claim of a job, as the ledger knows it."""

    worker: str
    outcome: str
    started_at: datetime


@dataclass
class Fleet:
    """One gateway, one Valkey, and as many receivers and executors as asked for.

    A part is called `queue`, `gateway`, `webhooks-1`, `executor-2` and so on, or `quick-1` for an executor without
    agent and sandbox; an executor is known to the queue by that name as well.
    """

    installation: Installation
    queue: Valkey
    lease: float = 1.0
    ports: list[int] = field(default_factory=list)
    """Of the receivers."""
    parts: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.installation.directory / "state" / "ledger.db"

    def start(self, *names: str) -> None:
        """Start parts that are not running, all at once, and wait until each says that it is ready."""
        if QUEUE in names:
            self.queue.start()
        for name, pipe in [(name, self._start(name)) for name in names if name != QUEUE]:
            with os.fdopen(pipe) as words:
                heard, _, _ = select.select([words], [], [], STARTING)
                assert heard, f"{name} is silent"
                assert words.readline(), f"{name} ended: {self._log(name).read_text()[-2000:]}"

    def kill(self, name: str) -> None:
        """kill -9 of one part."""
        if name == QUEUE:
            self.queue.kill()
            return
        process = self.parts.pop(name)
        process.kill()
        process.wait()

    def freeze(self, name: str) -> None:
        """Stop a part where it is, until it is thawed."""
        os.kill(self.parts[name].pid, signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """Let a frozen part go on."""
        os.kill(self.parts[name].pid, signal.SIGCONT)

    def locks(self, name: str, directory: Path) -> bool:
        """Whether a part holds the lock on a file of this directory."""
        held = f" {self.parts[name].pid} "
        numbers = {line.split()[5].rpartition(":")[2] for line in _LOCKS.read_text().splitlines() if held in line}
        return any(str(file.stat().st_ino) in numbers for file in directory.glob("*.lock"))

    def attempts(self, job_id: str) -> list[Attempt]:
        """Every claim of a job that the ledger knows of, oldest first."""
        asked = "SELECT worker, outcome, started_at FROM attempts WHERE job_id = ? ORDER BY started_at"
        rows = self.ask(asked, job_id)
        return [Attempt(worker, outcome, datetime.fromisoformat(moment)) for worker, outcome, moment in rows]

    def until_running(self, job_id: str, *, attempts: int = 1) -> Attempt:
        """Wait until a job is claimed for this many times; returns the last claim."""
        what = f"claim {attempts} of {job_id}"
        claims = until(lambda: found if len(found := self.attempts(job_id)) >= attempts else None, what)
        return claims[-1]

    def ask(self, query: str, *values: object) -> list[Any]:
        """Read from the ledger's file, beside whoever writes it."""
        with closing(sqlite3.connect(f"file:{self.ledger}?mode=ro", uri=True)) as ledger:
            return ledger.execute(query, values).fetchall()

    def retry(self, job_id: str) -> None:
        """Do what a person does with a job that has failed."""
        token = (self.installation.directory / "state" / "api-token").read_text()
        url = f"http://127.0.0.1:{self.installation.port}/api/v1/jobs/{job_id}/retry"
        httpx.post(url, headers={"Authorization": f"Bearer {token}"}, trust_env=False).raise_for_status()

    def end(self) -> None:
        """End every part."""
        for name in list(self.parts):
            self.kill(name)
        self.queue.kill()

    def _start(self, name: str) -> int:
        """Start a part; returns the descriptor through which it says that it is ready."""
        kind, _, number = name.partition("-")
        heard, said = os.pipe()
        environment = self.installation.environment | {
            "JCA_REDIS_URL": self.queue.url,
            "JCA_LEASE_SECONDS": str(self.lease),
            "JCA_WORKER_NAME": name,
            "JCA_READY_FD": str(said),
        }
        if kind == "webhooks":
            environment["JCA_WEBHOOK_PORT"] = str(self.ports[int(number) - 1])
        words = [sys.executable, "-m", *(("worker", kind) if kind in COMMANDS else (f"tests.support.{kind}_executor",))]
        with self._log(name).open("ab") as log:
            self.parts[name] = subprocess.Popen(
                words, env=environment, stdout=log, stderr=log, pass_fds=(said,), cwd=ROOT
            )
        os.close(said)
        return heard

    def _log(self, name: str) -> Path:
        return self.installation.directory / f"{name}.log"


@contextmanager
def sailing(
    installation: Installation, *, executors: int = 2, receivers: int = 1, lease: float = 1.0
) -> Iterator[Fleet]:
    """A fleet with everything started; ended with the block."""
    with tempfile.TemporaryDirectory(prefix="jca-vk-", dir="/tmp") as directory:  # short, for the socket
        ports = [installation.webhook_port, *(free_port() for _ in range(receivers - 1))]
        fleet = Fleet(installation, Valkey(Path(directory)), lease, ports)
        migrate.upgrade(f"sqlite:///{state.prepare(installation.directory / 'state') / 'ledger.db'}")
        numbered = [("webhooks", receivers), ("executor", executors)]
        try:
            fleet.start(QUEUE, "gateway", *(f"{kind}-{n + 1}" for kind, many in numbered for n in range(many)))
            yield fleet
        finally:
            fleet.end()
