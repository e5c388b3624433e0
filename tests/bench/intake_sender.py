"""Sending deliveries over kept connections, as fast as they are answered or at a given rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import cast

CONNECTIONS = 16


@dataclass
class Sent:
    """What became of a run."""

    seconds: float = 0.0
    codes: list[int] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    """Milliseconds from the moment a delivery was due to its answer."""


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, the next request."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._answer: asyncio.Future[int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if found and len(body) >= _length(head) and self._answer and not self._answer.done():
            self._received = b""
            self._answer.set_result(int(head[9:12]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error or ConnectionResetError())

    async def send(self, request: bytes) -> int:
        self._answer = asyncio.get_running_loop().create_future()
        assert self._transport
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        if self._transport:
            self._transport.close()


def _length(head: bytes) -> int:
    at = head.lower().find(b"content-length:")
    return int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0


async def send(port: int, requests: list[bytes], rate: float | None = None) -> Sent:
    """Send every request once.

    Args:
        port: on loopback.
        requests: whole, head and body.
        rate: a second, in even steps; None sends the next whenever one is answered.
    """
    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(_Connection, "127.0.0.1", port) for _ in range(CONNECTIONS)]
    sent, began = Sent(), time.perf_counter()
    due = ((began + number / rate if rate else 0.0, request) for number, request in enumerate(requests))
    await asyncio.gather(*(_use(protocol, due, sent) for _, protocol in pairs))
    sent.seconds = time.perf_counter() - began
    for _, protocol in pairs:
        protocol.close()
    return sent


async def _use(connection: _Connection, due: Iterator[tuple[float, bytes]], sent: Sent) -> None:
    for moment, request in due:
        wait = moment - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        from_then = moment or time.perf_counter()
        sent.codes.append(await connection.send(request))
        sent.waits.append((time.perf_counter() - from_then) * 1000)
