"""`make bench-intake`: what a real `issues.opened` of GitHub costs the receiver, beside Probot and a bare server.

Prints a table for people and, as its last line, one JSON object for programs. Figures are processor time of the
receiving process in microseconds for each delivery, medians of rounds in which every server takes its turn.
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import os
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvloop

from jobs.ledger import migrate
from tests.bench import intake_hostile
from tests.bench.figures import Figure, percentile, table
from tests.bench.intake_sender import Sent, send
from tests.support import npm, valkey
from tests.support.deliveries import SECRET
from tests.support.installation import free_port

ROUNDS = 5
DELIVERIES = 3000  # of each server in a round
WARM_UP = 500
HALF_LOAD = 4.0  # seconds
TICK = os.sysconf("SC_CLK_TCK")
BLOCK = "\n\n[JCA]\nwork_repos=hello\nprovider=openai-compatible\nmodel=gpt-5\n[/JCA]\n"


@dataclass
class Server:
    """One receiving process, on a core of its own."""

    name: str
    port: int
    process: subprocess.Popen[bytes]
    costs: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def cpu(self) -> float:
        """Seconds of processor time that all its threads have used."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / TICK

    def take(self, requests: list[bytes], expected: set[int]) -> None:
        """Let it receive these, and note what it cost."""
        before = self.cpu()
        sent = uvloop.run(send(self.port, requests))
        _check(self.name, sent, expected)
        self.costs.append((self.cpu() - before) / len(requests) * 1e6)
        self.rates.append(len(requests) / sent.seconds)
        self.waits.append(percentile(sent.waits, 50))

    @property
    def cost(self) -> float:
        """Microseconds for each delivery."""
        return statistics.median(self.costs)


class Deliveries:
    """Deliveries that are all different: identifier and number of the issue."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1_000)
        self._payload = _payload()

    def make(self, port: int, count: int) -> list[bytes]:
        """So many requests, whole and signed."""
        return [self._request(port, next(self._numbers)) for _ in range(count)]

    def _request(self, port: int, number: int) -> bytes:
        self._payload["issue"]["number"] = number
        body = json.dumps(self._payload, separators=(",", ":")).encode()
        head = {
            "Host": f"127.0.0.1:{port}",
            "User-Agent": "GitHub-Hookshot/044aadd",
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": f"72d3162e-cc78-11e3-81ab-{number:012d}",
            "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        return f"POST /webhooks/github HTTP/1.1\r\n{lines}\r\n".encode() + body


def _payload() -> dict[str, Any]:
    """The largest `issues.opened` GitHub's own library keeps; a `[JCA]` block is added, so that it asks for work."""
    file = npm.package("@octokit/webhooks-examples", "7.6.1") / "api.github.com" / "index.json"
    examples = next(event["examples"] for event in json.loads(file.read_bytes()) if event["name"] == "issues")
    found: dict[str, Any] = max((e for e in examples if e["action"] == "opened"), key=lambda e: len(json.dumps(e)))
    found["issue"]["body"] = (found["issue"]["body"] or "") + BLOCK
    return found


def main() -> None:
    """Measure."""
    core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="jca-b-") as name, valkey.running() as redis:
        directory = Path(name)
        with _servers(directory, redis.url, core) as servers:
            os.sched_setaffinity(0, os.sched_getaffinity(0) - {core} or {core})
            deliveries = Deliveries()
            for server in servers.values():
                uvloop.run(send(server.port, deliveries.make(server.port, WARM_UP)))
            for number in range(ROUNDS):
                turns = list(servers.values())
                for server in turns if number % 2 else reversed(turns):
                    server.take(deliveries.make(server.port, DELIVERIES), {200} if server.name == "probot" else {202})
            ours = servers["durable"]
            half, steady = _half_load(ours, deliveries)
            durable = _survives(ours, directory / "durable.db", WARM_UP + ROUNDS * DELIVERIES + half)
        _report(servers, steady, durable=durable)


@contextmanager
def _servers(directory: Path, redis_url: str, core: int) -> Iterator[dict[str, Server]]:
    commands: dict[str, list[str]] = {"limit": [sys.executable, "-m", "tests.bench.bare"]}
    for kind in ("durable", "null"):
        migrate.upgrade(f"sqlite:///{directory / kind}.db")
        commands[kind] = [sys.executable, "-m", "tests.bench.intake_receiver"]
    node, probot = shutil.which("node"), _probot()
    if node and probot:
        commands["probot"] = [node, str(Path(__file__).with_name("intake_probot.mjs")), str(probot)]
    servers = {}
    try:
        for name, command in commands.items():
            port = free_port()
            more = {"probot": [SECRET], "limit": []}.get(name, [f"{directory / name}.db", redis_url, name])
            with (directory / f"{name}.log").open("wb") as log:
                process = subprocess.Popen(
                    [*command, str(port), *more], stdout=log, stderr=log, env=os.environ | {"NODE_ENV": "production"}
                )
            os.sched_setaffinity(process.pid, {core})
            servers[name] = Server(name, port, process)
            _until_listens(servers[name], directory / f"{name}.log")
        yield servers
    finally:
        for server in servers.values():
            server.process.kill()
            server.process.wait()


def _probot() -> Path | None:
    try:
        return npm.package("probot", "14.3.2")
    except pytest.skip.Exception:
        return None


def _until_listens(server: Server, log: Path) -> None:
    end = time.monotonic() + 60
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", server.port)):
            assert server.process.poll() is None, log.read_text()
            assert time.monotonic() < end, f"{server.name} does not listen"
            time.sleep(0.05)


def _half_load(server: Server, deliveries: Deliveries) -> tuple[int, Sent]:
    rate = statistics.median(server.rates) / 2
    requests = deliveries.make(server.port, int(rate * HALF_LOAD))
    sent = uvloop.run(send(server.port, requests, rate))
    _check("half load", sent, {202})
    return len(requests), sent


def _survives(server: Server, ledger: Path, accepted: int) -> bool:
    """Whether every delivery that was answered 202 is a job in the ledger of a receiver that was killed."""
    server.process.kill()
    server.process.wait()
    with sqlite3.connect(ledger) as connection:
        (jobs,) = connection.execute("SELECT count(*) FROM jobs").fetchone()
    connection.close()
    return bool(jobs == accepted)


def _check(name: str, sent: Sent, expected: set[int]) -> None:
    assert set(sent.codes) == expected, f"{name} answered {sorted(set(sent.codes))}"


def _report(servers: dict[str, Server], steady: Sent, *, durable: bool) -> None:
    ours, limit, null = servers["durable"], servers["limit"], servers["null"]
    probot = servers.get("probot")
    peer = probot.cost if probot else None
    ledger, worst = ours.cost - null.cost, intake_hostile.slowest()
    bare = "aiohttp that only reads"
    figures = [
        Figure("delivery, all of it", ours.cost, "us", peer, "Probot, which keeps nothing"),
        Figure("delivery without the ledger", null.cost, "us", peer, "Probot"),
        Figure("delivery, all of it", ours.cost, "us", limit.cost, bare),
        Figure("delivery without the ledger", null.cost, "us", limit.cost, bare),
        Figure("the ledger's part", ledger, "us"),
        Figure("deliveries", statistics.median(ours.rates), "/s", _median(probot), "Probot"),
        Figure("wait at full load, p50", statistics.median(ours.waits), "ms"),
        Figure("wait at half load, p50", percentile(steady.waits, 50), "ms"),
        Figure("wait at half load, p99", percentile(steady.waits, 99), "ms"),
        Figure(f"128 KiB of {worst[0]}, the slowest to read", worst[1], "ms"),
    ]
    print(table(figures))
    for server in servers.values():
        print(f"{server.name:8} us in each round: {' '.join(f'{cost:.0f}' for cost in server.costs)}")
    report = {
        "cpu_us": ours.cost,
        "ledger_cpu_us": ledger,
        "limit_cpu_us": limit.cost,
        "probot_cpu_us": peer,
        "per_s": statistics.median(ours.rates),
        "p50_ms": statistics.median(ours.waits),
        "p99_ms_half_load": percentile(steady.waits, 99),
    }
    rounded = {name: None if figure is None else round(figure, 2) for name, figure in report.items()}
    print(json.dumps(rounded | {"durable": durable}))


def _median(server: Server | None) -> float | None:
    return statistics.median(server.rates) if server else None


if __name__ == "__main__":
    main()
