"""One installation of JCA for a test: real processes, driven as its users drive it."""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import yaml

from tests.support.deliveries import SECRET, signed, written
from worker.sandbox.seed import seed

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "worker" / "demo" / "sample"
VALIDATION = ["python3", "-m", "unittest", "discover", "-s", "tests", "-t", "."]
ENDED = {"succeeded", "failed", "denied", "blocked", "publish_failed", "cancelled", "superseded"}

Found = TypeVar("Found")

_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nothing here speaks it, and httpx makes its own for each request


def free_port() -> int:
    """A port nobody listens on, outside the range from which connections get theirs while a test is under way."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) and _can_listen(probe, port):
                return port


def _can_listen(probe: socket.socket, port: int) -> bool:
    try:
        probe.bind(("127.0.0.1", port))
    except OSError:
        return False
    return True


def until(look: Callable[[], Found | None], what: str, *, seconds: float = 60, pause: float = 0.1) -> Found:
    """Look again and again until there is something; fails loudly when there is not."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"{what}: not within {seconds:g} s"
        time.sleep(pause)
    return found


@dataclass
class Installation:
    """State, configuration and processes below one directory."""

    directory: Path
    repository: Path
    port: int = field(default_factory=free_port)
    webhook_port: int = field(default_factory=free_port)
    model_port: int = field(default_factory=free_port)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    supervisor: subprocess.Popen[str] = field(init=False, repr=False)
    said: str = ""

    @classmethod
    def create(cls, directory: Path) -> Installation:
        """Lay out repository and configuration; nothing runs yet."""
        repository = directory / "shop.git"
        asyncio.run(seed(SAMPLE, repository, branch="main", message="A small shop"))
        made = cls(directory, repository)
        configuration = {
            "repositories": [
                {
                    "alias": "shop",
                    "url": str(repository),
                    "full_name": "acme/shop",
                    "validation_commands": [VALIDATION],
                    "allowed_commands": ["python3"],
                },
            ],
            "providers": [
                {
                    "name": "scripted",
                    "kind": "openai-compatible",
                    "base_url": f"http://127.0.0.1:{made.model_port}/v1",
                    "default_model": "scripted-demo",
                    "models": [{"id": "scripted-demo"}],
                },
            ],
            "sources": [
                {"name": "github", "kind": "github", "secrets": [SECRET], "actors": ["alice"]},
                {"name": "local", "kind": "local", "secrets": [SECRET], "repositories": ["shop"]},
            ],
        }
        (directory / "jca.yaml").write_text(yaml.safe_dump(configuration))
        return made

    @property
    def environment(self) -> dict[str, str]:
        """What every process of it gets."""
        ours = {
            "JCA_STATE_DIR": self.directory / "state",
            "JCA_CONFIG_FILE": self.directory / "jca.yaml",
            "JCA_PORT": self.port,
            "JCA_WEBHOOK_PORT": self.webhook_port,
            "JCA_WEBHOOK_HOST": "127.0.0.1",
            "JCA_WORKER_NAME": "worker-1",
            "JCA_LEASE_SECONDS": 1,
            "JCA_DRAIN_SECONDS": 1,
        }
        return {**os.environ, **{name: str(value) for name, value in ours.items()}}

    def jca(self, *words: str, seconds: float = 90, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "worker", *words],
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd=ROOT,
        )

    def start(self, *argv: str) -> subprocess.Popen[str]:
        """Start a process that goes on."""
        process = subprocess.Popen(
            [sys.executable, *argv],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
        )
        self.started.append(process)
        return process

    def up(self) -> subprocess.Popen[str]:
        """Start `jca up`, the `supervisor`, and wait until everything is there; `said` is what it said."""
        self.supervisor, self.said = self.start("-m", "worker", "up"), ""
        assert self.supervisor.stdout
        while "Ctrl-C" not in self.said:
            line = self.supervisor.stdout.readline()
            assert line, f"jca up ended early:\n{self.said}"
            self.said += line
        return self.supervisor

    def start_model(self, *, delay: float = 0) -> subprocess.Popen[str]:
        """Start the scripted endpoint, each answer after `delay` seconds."""
        process = self.start("-m", "tests.support.slow_model", str(self.model_port), str(delay))
        until(lambda: _listens(self.model_port), "the model endpoint")
        return process

    def children(self, supervisor: subprocess.Popen[str]) -> dict[str, int]:
        """Process ids of the parts of a running `jca up`, by name."""
        found = {}
        for pid in Path(f"/proc/{supervisor.pid}/task/{supervisor.pid}/children").read_text().split():
            words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
            name = next((word for word in words if word in {"webhooks", "gateway", "executor"}), "queue")
            found[name] = int(pid)
        return found

    def kill(self, part: str) -> None:
        """kill -9 of a part, or of the supervisor: `jca up` ends, says which part it was, and no part outlives it."""
        children, up = self.children(self.supervisor), self.supervisor
        os.kill(up.pid if part == "supervisor" else children[part], signal.SIGKILL)
        code = up.wait(60)
        assert up.stdout
        with up.stdout as output:
            said = output.read()
        if part == "supervisor":
            assert code == -signal.SIGKILL
        else:
            assert code == 1
            assert f"{part} was killed by signal 9" in said
            assert "jca up" in said
        until(lambda: not [pid for pid in children.values() if Path(f"/proc/{pid}").exists()], "the end of the parts")

    def post(self, source: str, body: dict[str, Any], *, delivery: str = "", event: str = "issues") -> httpx.Response:
        """Send a signed webhook."""
        raw, headers = signed(source, body, delivery or secrets.token_hex(8), event)
        url = f"http://127.0.0.1:{self.webhook_port}/webhooks/{source}"
        return httpx.post(url, content=raw, headers=headers, trust_env=False, verify=_NO_TLS)

    def send(self, key: str = "K-1", title: str = "Discounts are rounded down", body: str = "") -> str:
        """Send a ticket and return the job it was recorded as."""
        answer = self.post("local", written(key, title, body))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job"])

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON value
        """Ask the JSON API."""
        token = (self.directory / "state" / "api-token").read_text()
        headers = {"Authorization": f"Bearer {token}"}
        answer = httpx.get(f"http://127.0.0.1:{self.port}/api/v1/{path}", headers=headers, trust_env=False)
        return answer.raise_for_status().json()

    def page(self, path: str) -> str:
        """A page as a browser gets it."""
        return httpx.get(f"http://127.0.0.1:{self.port}/{path}", trust_env=False).raise_for_status().text

    def job(self, job_id: str) -> dict[str, Any]:
        """A job as the API shows it."""
        return dict(self.get(f"jobs/{job_id}"))

    def until_ended(self, job_id: str, *, seconds: float = 60) -> dict[str, Any]:
        """Wait until a job has ended."""
        return until(lambda: job if (job := self.job(job_id))["status"] in ENDED else None, job_id, seconds=seconds)

    def branches(self) -> dict[str, str]:
        """Branches of the repository but `main`, with the message of their last commit."""
        form = "--format=%(refname:short)%00%(contents)%00%00"
        listed = subprocess.run(
            ["git", "--git-dir", str(self.repository), "for-each-ref", form, "refs/heads"],
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        pairs = (entry.strip("\n").split("\0") for entry in listed.split("\0\0") if entry.strip())
        return {name: message for name, message in pairs if name != "main"}

    def end(self) -> None:
        """End whatever still runs."""
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in self.started:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
