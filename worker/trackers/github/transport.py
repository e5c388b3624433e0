"""One request to GitHub and its answer: headers, limits, the spacing of writes, sizes, redirects, faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import httpx
import structlog
from pydantic import SecretStr

from jobs import __version__, errors
from worker.trackers.github import faults
from worker.trackers.github.limits import Limits
from worker.trackers.github.memory import Memory, Remembered
from worker.trackers.github.names import Endpoint
from worker.trackers.limited import RateLimited

API_VERSION = "2022-11-28"
"""Enterprise Server knows it from 3.9 on; older ones ignore the header."""
PATIENCE = 30.0  # seconds one answer may take, from its first to its last byte
LARGEST_ANSWER = 8 * 1024 * 1024  # bytes; a page of a hundred long comments has less
WRITE_SPACING = 1.0  # seconds
"""Between two writes: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api"""
REDIRECTS = 3  # of one request; a repository that was renamed twice answers so

log = structlog.get_logger()


@dataclass(frozen=True)
class Grant:
    """The right to ask: a token and the account whose limits it counts against."""

    token: SecretStr
    account: str


@dataclass(frozen=True)
class Request:
    """What to ask."""

    method: str
    path: str
    """Below the REST interface, beginning with `/`; or a whole URL of the same host."""
    doing: str
    """What is tried, for people: completes "GitHub does not let this credential …"."""
    params: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    """Sent as JSON when it is not None."""
    spaced: bool = True
    """Whether a write waits for its turn; not so one that makes nothing people see."""

    @property
    def writes(self) -> bool:
        """Whether it may change something."""
        return self.method not in {"GET", "HEAD"}


@dataclass(frozen=True)
class Answer:
    """A successful answer."""

    status: int
    headers: httpx.Headers
    body: bytes
    next_page: str = ""
    """URL of the page that follows, of the same host; empty on the last."""


@dataclass
class _Lane:
    """Where the writes of one account wait for each other."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    free_at: float = 0.0
    """By the clock of the event loop."""


class _Bearer(httpx.Auth):
    """Shows a token without its standing in a variable that a traceback could print."""

    def __init__(self, token: SecretStr) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


class Transport:
    """Connections to one GitHub. Close it when done.

    Args:
        endpoint: where it answers.
        write_spacing: seconds between two writes with one account.
        patience: seconds one answer may take.
    """

    def __init__(self, endpoint: Endpoint, *, write_spacing: float = WRITE_SPACING, patience: float = PATIENCE) -> None:
        self.endpoint = endpoint
        self._spacing = write_spacing
        self._patience = patience
        self._limits: dict[str, Limits] = {}
        self._lanes: dict[str, _Lane] = {}
        self._memory = Memory()
        self._http = httpx.AsyncClient(
            headers={
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": API_VERSION,
                "User-Agent": f"jca/{__version__}",
            },
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

    async def send(self, request: Request, grant: Grant) -> Answer:
        """Ask once. After `errors.TryAgain` other than `RateLimited` it is open whether a write was done.

        Raises:
            RateLimited: GitHub wants to be asked later; nothing was done.
            errors.TryAgain: no answer, or one of a failure on its side.
            errors.NotReady: the credential is not accepted, or not for this.
            errors.NotFound: there is no such thing, or the credential may not see it.
            errors.Refused: GitHub does not accept what was sent.
            errors.Conflict: it changed meanwhile.
        """
        if not (request.writes and request.spaced):
            return await self._ask(request, grant)
        lane = self._lanes.setdefault(grant.account, _Lane())
        clock = asyncio.get_running_loop().time
        async with lane.lock:
            await asyncio.sleep(max(0.0, lane.free_at - clock()))
            try:
                return await self._ask(request, grant)
            finally:
                lane.free_at = clock() + self._spacing

    async def _ask(self, request: Request, grant: Grant) -> Answer:
        limits = self._limits.setdefault(grant.account, Limits())
        resource = _resource(request.path)
        limits.check(resource, datetime.now(UTC))
        url = request.path if "://" in request.path else f"{self.endpoint.rest}{request.path}"
        known = None if request.writes else self._memory.recall(grant.account, url, request.params)
        answer = await self._exchange(request, url, grant, known)
        try:
            limits.learn(resource, answer.status, answer.headers, answer.body, datetime.now(UTC))
        except RateLimited as limited:
            log.warning("github_limited", account=grant.account, resource=resource, until=limited.until.isoformat())
            raise
        if known and answer.status == httpx.codes.NOT_MODIFIED:
            return Answer(httpx.codes.OK, answer.headers, known.body, known.next_page)
        if answer.status >= httpx.codes.MULTIPLE_CHOICES:
            raise faults.fault(answer.status, answer.headers, answer.body, request.doing, grant.token)
        if not request.writes and (etag := answer.headers.get("etag")):
            fresh = Remembered(etag, answer.body, answer.next_page)
            self._memory.keep(grant.account, url, request.params, fresh)
        return answer

    async def _exchange(self, request: Request, url: str, grant: Grant, known: Remembered | None) -> Answer:
        headers = {"If-None-Match": known.etag} if known else {}
        params: Mapping[str, str] | None = request.params or None
        try:
            async with asyncio.timeout(self._patience):
                for _ in range(REDIRECTS + 1):
                    answer, elsewhere = await self._once(request, url, params, headers, _Bearer(grant.token))
                    if not elsewhere:
                        break
                    url, params = elsewhere, None
        except (httpx.RequestError, TimeoutError) as error:
            why = type(error).__name__
            message = f"GitHub did not answer at {self.endpoint.rest} when we tried to {request.doing} ({why})."
            raise errors.TryAgain(message, remedy="Look at the network and at GitHub's status page.") from error
        return answer

    async def _once(
        self,
        request: Request,
        url: str,
        params: Mapping[str, str] | None,
        headers: dict[str, str],
        bearer: httpx.Auth,
    ) -> tuple[Answer, str]:
        """One exchange, and where it sends us to if we follow."""
        content = None if request.body is None else json.dumps(request.body)
        asked = self._http.stream(request.method, url, params=params, content=content, headers=headers, auth=bearer)
        async with asked as response:
            body = await _body(response, request.doing)
            following = self._next(response, request.doing)
            answer = Answer(response.status_code, response.headers, body, following)
            return answer, self._redirection(request, response)

    def _redirection(self, request: Request, response: httpx.Response) -> str:
        """Where to ask instead: only at the same host, and a write only where its method is kept."""
        follows = {httpx.codes.TEMPORARY_REDIRECT, httpx.codes.PERMANENT_REDIRECT}
        if not request.writes:
            follows |= {httpx.codes.MOVED_PERMANENTLY, httpx.codes.FOUND}
        url = _joined(response, response.headers.get("location", ""))
        return url if response.status_code in follows and self.endpoint.owns(url) else ""

    def _next(self, response: httpx.Response, doing: str) -> str:
        url = _joined(response, response.links.get("next", {}).get("url", ""))
        if url and not self.endpoint.owns(url):
            message = f"The next page is on another host when we tried to {doing}; a credential is not carried along."
            raise errors.NotReady(message, remedy="Give GitHub's address as its own answers have it.")
        return url


def _joined(response: httpx.Response, link: str) -> str:
    """A link of an answer as a whole URL; empty where there is none or none that can be read."""
    try:
        return str(response.url.join(link)) if link else ""
    except httpx.InvalidURL:
        return ""


async def _body(response: httpx.Response, doing: str) -> bytes:
    body = bytearray()
    async for part in response.aiter_bytes():
        body += part
        if len(body) > LARGEST_ANSWER:
            megabytes = LARGEST_ANSWER // 1024**2
            raise errors.Refused(f"GitHub's answer is larger than {megabytes} MiB when we tried to {doing}.")
    return bytes(body)


def _resource(path: str) -> str:
    return "graphql" if path.endswith("/graphql") else "core"
