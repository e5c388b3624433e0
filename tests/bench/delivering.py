"""What a signed delivery costs that is verified, read and committed, beside one that is only received."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from pathlib import Path

import aiohttp

from tests.bench import processes
from tests.bench.figures import Figure, percentiles
from tests.support import valkey
from tests.support.deliveries import signed, written
from tests.support.installation import Installation, free_port, until

DELIVERIES = 100
WARM_UP = 10  # deliveries before the clock runs
BODY = "A line of a ticket, as long as lines of tickets are wont to be.\n" * 60  # 4 KB


def measure(directory: Path) -> list[Figure]:
    """Send the same deliveries to both, in turn, over one connection each."""
    with valkey.running() as server:
        os.environ["JCA_REDIS_URL"] = server.url
        installation = Installation.create(directory)
        try:
            return asyncio.run(_compare(installation))
        finally:
            installation.end()
            del os.environ["JCA_REDIS_URL"]


async def _compare(installation: Installation) -> list[Figure]:
    prepared = installation.jca("db", "upgrade")
    assert prepared.returncode == 0, prepared.stderr
    bare_port = free_port()
    receiver = installation.start("-m", "worker", "webhooks").pid
    bare = installation.start("-m", "tests.bench.bare", str(bare_port)).pid
    ports = (installation.webhook_port, bare_port)
    for port in ports:
        until(lambda port=port: _listens(port), f"port {port}")
    async with aiohttp.ClientSession() as client:
        for number in range(WARM_UP):
            for port in ports:
                await _send(client, port, f"warm-{number}")
        spent = [processes.cpu(pid) for pid in (receiver, bare)]
        ours, peer = [], []
        for number in range(DELIVERIES):
            ours.append(await _send(client, ports[0], str(number)))
            peer.append(await _send(client, ports[1], str(number)))
    costs = [(processes.cpu(pid) - before) / DELIVERIES for pid, before in zip((receiver, bare), spent, strict=True)]
    against = "aiohttp that only reads"
    return [
        *percentiles("delivery to 202", ours, peer, against),
        Figure("processor time of a delivery", costs[0], "ms", costs[1], against),
        Figure("receiver, resident", processes.resident(receiver), "MiB", processes.resident(bare), against),
    ]


async def _send(client: aiohttp.ClientSession, port: int, key: str) -> float:
    raw, headers = signed("local", written(key, body=BODY), key)
    began = time.perf_counter()
    async with client.post(f"http://127.0.0.1:{port}/webhooks/local", data=raw, headers=headers) as answer:
        await answer.read()
        assert answer.status == 202, await answer.text()
    return (time.perf_counter() - began) * 1000


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
