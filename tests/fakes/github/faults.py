"""What the fake does wrong on demand."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

SECONDARY = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
    "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits",
}

REPEAT_THE_CREDENTIAL = {"message": "Incorrect credential: {credential}", "errors": ["{credential}"]}
"""A body whose words repeat what was shown."""


@dataclass
class Fault:
    """Goes wrong with the next `times` requests whose `METHOD /path` matches."""

    match: str
    times: int = 1
    effect: bool = False
    """Whether the request is done all the same."""
    status: int = 0
    """Answered in place; 0: the true answer."""
    body: object = None
    headers: tuple[tuple[str, str], ...] = ()
    drop: bool = False
    """Whether the connection ends without an answer."""
    spared: int = 0
    """How many matching requests go well before."""
    delay: float = 0.0
    """Seconds before anything happens."""


def failing(match: str, status: int = 500, *, spared: int = 0) -> Fault:
    """Nothing is done."""
    return Fault(match, status=status, body={"message": "Server Error"}, spared=spared)


def uncertain(match: str, status: int = 502) -> Fault:
    """It is done, but the answer says otherwise."""
    return Fault(match, effect=True, status=status, body={"message": "Server Error"})


def dropped(match: str, *, effect: bool = True) -> Fault:
    """The connection ends without an answer."""
    return Fault(match, effect=effect, drop=True)


def secondary(match: str, retry_after: int | None = 30, status: int = 403) -> Fault:
    """A secondary rate limit."""
    headers = (("Retry-After", str(retry_after)),) if retry_after is not None else ()
    return Fault(match, status=status, body=SECONDARY, headers=headers)


def slow(match: str, seconds: float, *, effect: bool = True) -> Fault:
    """The answer comes late."""
    return Fault(match, delay=seconds, effect=effect)


class Faults:
    """The faults that are still to come."""

    def __init__(self) -> None:
        self.coming: list[Fault] = []

    def add(self, *faults: Fault) -> None:
        self.coming += faults

    def take(self, line: str) -> Fault | None:
        """The fault of this request, if it has one."""
        for fault in self.coming:
            if not fault.times or not re.search(fault.match, line):
                continue
            if fault.spared:
                fault.spared -= 1
                continue
            fault.times -= 1
            return fault
        return None

    async def meet(self, fault: Fault, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer as the fault has it."""
        answer = await handler(request) if fault.effect else None
        await asyncio.sleep(fault.delay)
        if fault.drop:
            assert request.transport
            request.transport.abort()
            return web.Response(status=500)
        if fault.status:
            shown = request.headers.get("Authorization", "")
            body = json.loads(json.dumps(fault.body).replace("{credential}", shown))
            return web.json_response(body, status=fault.status, headers=dict(fault.headers))
        return answer or await handler(request)
