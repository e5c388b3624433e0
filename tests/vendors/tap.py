"""A listener between a client of ours and a fake: keeps what was said, and what a judge behind it had to say of it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

LONGEST_HEADER = 2**20  # bytes; all violations of an answer stand in one
UNTOUCHED = {"host", "content-length", "transfer-encoding", "content-encoding", "connection"}
VIOLATIONS = "sl-violations"
TOO_MANY = "Too many violations"


@dataclass(frozen=True)
class Violation:
    """One thing that the description does not allow."""

    place: str
    """`request.body.title`, `response.body.0.user`; empty where they were too many for a header."""
    message: str


@dataclass(frozen=True)
class Exchange:
    """One request and its answer."""

    method: str
    path: str
    status: int
    violations: tuple[Violation, ...]
    query: tuple[tuple[str, str], ...] = ()
    sent: bytes = b""
    answered: bytes = b""

    def wrong(self, side: str) -> list[str]:
        """What the `request` or the `response` has wrong."""
        return [
            f"{self.method} {self.path} {self.status}: {violation.place}: {violation.message}"
            for violation in self.violations
            if violation.place.partition(".")[0] in {side, ""}
        ]


@dataclass
class Tap:
    """Notes what passes; where a judge answers, what it says in a header, since our clients keep none of those."""

    ahead: str
    """Address of what answers next: a judge, or the fake itself."""
    fake: str
    around: frozenset[str] = frozenset()
    """Paths that the judge does not know, which go to the fake at once and are not noted."""
    url: str = ""
    exchanges: list[Exchange] = field(default_factory=list)

    async def pass_on(self, request: web.Request) -> web.Response:
        aside = request.path in self.around
        headers = {name: value for name, value in request.headers.items() if name.lower() not in UNTOUCHED}
        url = f"{self.fake if aside else self.ahead}{request.raw_path}"
        async with (
            aiohttp.ClientSession(max_field_size=LONGEST_HEADER, max_line_size=LONGEST_HEADER) as client,
            client.request(
                request.method, url, headers=headers, data=await request.read(), allow_redirects=False
            ) as answer,
        ):
            body = await answer.read()
            if not aside:
                told = _violations(answer.headers.get(VIOLATIONS, "[]"))
                path, query = request.rel_url.raw_path, tuple(request.query.items())
                sent = await request.read()
                self.exchanges.append(Exchange(request.method, path, answer.status, told, query, sent, body))
            shown = {
                name: value.replace(self.fake, self.url)
                for name, value in answer.headers.items()
                if name.lower() not in UNTOUCHED | {VIOLATIONS}
            }
            return web.Response(status=answer.status, body=body, headers=shown)


def _violations(header: str) -> tuple[Violation, ...]:
    if header.startswith(TOO_MANY):
        return (Violation("", header),)
    return tuple(
        Violation(".".join(str(part) for part in told["location"]), told["message"]) for told in json.loads(header)
    )


@asynccontextmanager
async def tapped(ahead: str, fake: str, around: frozenset[str] = frozenset()) -> AsyncIterator[Tap]:
    """Serve a tap before what leads to a fake."""
    tap = Tap(ahead, fake, around)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", tap.pass_on)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    tap.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield tap
    finally:
        await runner.cleanup()
