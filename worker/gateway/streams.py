"""Live pages over Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

The id of a log event is the stream id of its last line, so a browser that reconnects, to this server or the next,
goes on exactly where it was.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator
from time import monotonic
from types import TracebackType
from typing import Self
from weakref import WeakSet

from aiohttp import web

from jobs import errors
from jobs.events import LogLine
from worker.gateway import output, pulse, rendering
from worker.gateway.services import SERVICES, Services

LIMIT = 100  # streams at the same time, over all readers
KEEP_ALIVE = 15.0  # seconds of silence before a comment is sent
PATIENCE = 10.0  # seconds a reader may leave its buffer full
BATCH = 200  # lines in one event: enough to be fast, few enough not to freeze the page
RECONNECT = 1000  # milliseconds the browser waits before it comes back

NO_LINES = "none"
"""What a page without a log asks to begin after."""

_STREAM_ID = re.compile(r"\d{1,19}-\d{1,19}\Z")


class Streams:
    """The streams of one server, so that they can be counted and closed at once."""

    def __init__(self) -> None:
        self._tasks: WeakSet[asyncio.Task[object]] = WeakSet()

    def enter(self) -> None:
        """Count the present task.

        Raises:
            web.HTTPServiceUnavailable: there are too many already.
        """
        if len(self._tasks) >= LIMIT:
            raise web.HTTPServiceUnavailable(text="Too many live pages are open. Close some.", headers=_LATER)
        if task := asyncio.current_task():
            self._tasks.add(task)

    def leave(self) -> None:
        """The present task streams no more."""
        if task := asyncio.current_task():
            self._tasks.discard(task)

    async def close(self, _app: web.Application) -> None:
        """End every stream; without this a stop waits for its readers."""
        for task in list(self._tasks):
            task.cancel()


_LATER = {"Retry-After": "5"}
STREAMS: web.AppKey[Streams] = web.AppKey("streams", Streams)


class Channel:
    """One open stream. It ends quietly when the reader leaves or something does not answer: readers come back."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self._streams = request.config_dict[STREAMS]
        self._response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"})
        self._spoke = monotonic()

    async def __aenter__(self) -> Self:
        self._streams.enter()
        await self._response.prepare(self._request)
        await self._write(f"retry: {RECONNECT}\n\n")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._streams.leave()
        return isinstance(error, ConnectionResetError | TimeoutError | errors.JcaError)

    @property
    def response(self) -> web.StreamResponse:
        """What the handler returns."""
        return self._response

    async def send(self, event: str, data: str, *, identity: str = "") -> None:
        """Send one event."""
        lines = [f"event: {event}", *(f"data: {line}" for line in re.split(r"\r\n|\r|\n", data))]
        if identity:
            lines.insert(0, f"id: {identity}")
        await self._write("\n".join(lines) + "\n\n")

    async def keep_alive(self) -> None:
        """Say something if nothing was said for long."""
        if monotonic() - self._spoke >= KEEP_ALIVE:
            await self._write(": still here\n\n")

    async def _write(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE):
            await self._response.write(text.encode())
        self._spoke = monotonic()


async def queue(request: web.Request) -> web.StreamResponse:
    """Tick whenever the queue or a provider's readiness changed."""
    heart = request.config_dict[pulse.PULSE]
    seen = _last_seen(request)
    async with Channel(request) as channel:
        while True:
            digest = await heart.digest()
            if digest != seen:
                await channel.send("tick", digest, identity=digest)
                seen = digest
            await channel.keep_alive()
            await asyncio.sleep(pulse.INTERVAL)
    return channel.response


async def job(request: web.Request) -> web.StreamResponse:
    """Send a job's output as it comes, and a tick whenever the rest of its page changed."""
    services, job_id = request.config_dict[SERVICES], request.match_info["job"]
    seen = await pulse.of_job(services, job_id)
    async with Channel(request) as channel:
        if seen != request.query.get("seen", ""):
            await channel.send("tick", seen)
        async with contextlib.aclosing(_lines(services, job_id, _last_seen(request))) as batches:
            async for batch in batches:
                for start in range(0, len(batch), BATCH):
                    await _send_lines(request, channel, batch[start : start + BATCH])
                digest = await pulse.of_job(services, job_id)
                if digest != seen:
                    await channel.send("tick", digest)
                    seen = digest
                await channel.keep_alive()
    return channel.response


async def _lines(services: Services, job_id: str, after: str) -> AsyncGenerator[list[LogLine], None]:
    """Batches of output, an empty one whenever there was none for a while."""
    while after == NO_LINES:
        yield []
        await asyncio.sleep(pulse.INTERVAL)
    if not _STREAM_ID.match(after):
        first = await output.tail(services, job_id)
        yield first
        after = first[-1].id if first else output.BEGINNING
    async with contextlib.aclosing(output.follow(services, job_id, after, pulse.INTERVAL)) as batches:
        async for batch in batches:
            yield batch


async def _send_lines(request: web.Request, channel: Channel, lines: list[LogLine]) -> None:
    context = {"lines": lines, "previous": ""}
    await channel.send("log", rendering.fragment(request, "job/lines.html", context), identity=lines[-1].id)


def _last_seen(request: web.Request) -> str:
    return request.headers.get("Last-Event-ID") or request.query.get("after", "")
