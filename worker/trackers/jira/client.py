"""One request to Jira and its answer: credential, limits, size, redirects, faults."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

import httpx
import structlog
from pydantic import TypeAdapter

from jobs import __version__, errors
from worker.trackers.jira import faults, wire
from worker.trackers.jira.limits import Limits
from worker.trackers.jira.site import Site

PATIENCE = 30.0  # seconds one answer may take, from its first to its last byte
LARGEST_ANSWER = 16 * 1024 * 1024  # bytes; a page of a hundred long comments has less

_UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

log = structlog.get_logger()

_Read = TypeVar("_Read")


@dataclass(frozen=True)
class Call:
    """What to ask."""

    path: str
    """Below `api`, beginning with `/`."""
    doing: str
    """What is tried, for people: completes "Jira refused to …"."""
    needs: str = "Browse Projects"
    """The permission it takes, as Jira's administration names it."""
    params: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """Sent as JSON when it is not None."""
    api: str | None = None
    """Path of the REST interface below the site; None: its newest, empty: the site itself."""
    accept: str = "application/json"
    """The media type that is asked for."""
    largest: int = LARGEST_ANSWER
    """Bytes that an answer may have when it is a success."""


class TooLarge(errors.NotReady):
    """What Jira sent is larger than what was asked for. Look whether the address is the base URL of Jira."""


class Jira:
    """One Jira with our account in it. Close it when done.

    Args:
        site: where and as whom.
        patience: seconds one answer may take.
    """

    def __init__(self, site: Site, *, patience: float = PATIENCE) -> None:
        self.site = site
        self._patience = patience
        self._limits = Limits()
        self._http = httpx.AsyncClient(
            headers={"User-Agent": f"jca/{__version__}", "X-Atlassian-Token": "no-check"},
            timeout=patience,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Give the connections back."""
        await self._http.aclose()

    async def get(self, shape: TypeAdapter[_Read], call: Call) -> _Read:
        """Read one thing.

        Raises:
            errors.JcaError: as `ask`.
            errors.NotReady: what came back is not what every Jira sends.
        """
        return wire.read(shape, await self.ask("GET", call), call.doing)

    async def ask(self, method: str, call: Call) -> bytes:
        """Ask once.

        Raises:
            RateLimited: Jira wants to be asked later; nothing was done.
            faults.Uncertain: it is open whether a write was done.
            errors.TryAgain: no answer, or one of a failure on its side; nothing was done.
            errors.NotReady: the credential is not accepted, or not for this.
            errors.NotFound: there is no such thing, or our account may not see it.
            errors.Refused: Jira does not accept what was sent.
            errors.Conflict: it changed meanwhile.
            TooLarge: the answer is.
        """
        self._limits.check(datetime.now(UTC))
        status, headers, body = await self._exchange(method, call)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            limited = self._limits.refused(headers, datetime.now(UTC))
            log.warning("jira_limited", until=limited.until.isoformat(), reason=headers.get("ratelimit-reason", ""))
            raise limited
        self._limits.passed()
        if httpx.codes.is_success(status) and not faults.not_logged_in(headers):
            return body
        secrets = (self.site.token.get_secret_value(), self.site.authorization().partition(" ")[2])
        fault = faults.fault(status, headers, body, call.doing, call.needs, secrets)
        if isinstance(fault, errors.TryAgain) and _writes(method):
            raise faults.Uncertain(fault.message)
        raise fault

    async def _exchange(self, method: str, call: Call) -> tuple[int, httpx.Headers, bytes]:
        url = f"{self.site.url}{self.site.newest if call.api is None else call.api}{call.path}"
        headers = {"Authorization": self.site.authorization(), "Accept": call.accept}
        try:
            async with (
                asyncio.timeout(self._patience),
                self._http.stream(method, url, params=call.params or None, json=call.body, headers=headers) as response,
            ):
                return response.status_code, response.headers, await _body(response, call)
        except (httpx.TransportError, httpx.DecodingError, TimeoutError) as error:
            why = type(error).__name__
            message = f"Jira did not answer at {self.site.url} when we tried to {call.doing} ({why})."
            open_end = _writes(method) and not isinstance(error, _UNSENT)
            family = faults.Uncertain if open_end else errors.TryAgain
            raise family(message, remedy="Look at the network and at Jira's status page.") from error


def _writes(method: str) -> bool:
    return method != "GET"


async def _body(response: httpx.Response, call: Call) -> bytes:
    parts: list[bytes] = []
    size, largest = 0, call.largest if response.is_success else LARGEST_ANSWER
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > largest:
            raise TooLarge(f"What Jira sent is larger than {largest:,} bytes when we tried to {call.doing}.")
    return b"".join(parts)
