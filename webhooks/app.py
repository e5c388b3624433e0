"""The receiver over HTTP: `POST /webhooks/{source}` and `GET /healthz`.

The order of the checks is fixed: source, type, size, signature, content. Nothing a stranger sends is read beyond the
size limit, kept or explained.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from jobs import errors
from jobs.catalog import Source
from jobs.ledger.database import Ledger
from jobs.settings import Settings
from jobs.vault import Vault
from webhooks.bell import Bell, Wake
from webhooks.configuration import Configuration, Known, LoadWorkspace
from webhooks.gate import Gate
from webhooks.intake import Answer, accept, dismiss, obey
from webhooks.jira import RETRY_HEADER
from webhooks.readers import prove, read, takes
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Forged, Verified

RETRY_AFTER = 5  # seconds a sender is asked to wait after a 503
LINGERING = 2.0  # seconds the rest of a refused body is read away, so that the sender sees the answer
IDLE = 75.0  # seconds a connection without a request is kept
STOPPING = 5.0  # seconds deliveries in work may take to end when the receiver stops

WRONG_TYPE = (
    "The body must be JSON. Send it with the header Content-Type: application/json, and no Content-Encoding; in "
    'GitHub, open the webhook\'s settings and set "Content type" to application/json.'
)

FACTS: web.RequestKey[dict[str, object]] = web.RequestKey("facts", dict[str, object])
"""What the log line of a delivery will say."""

_NONE: Mapping[str, str] = MappingProxyType({})
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True)
class Limits:
    """How much the receiver takes."""

    body: int = 2 * 1024 * 1024
    """Bytes of one delivery."""
    reading: float = 10.0
    """Seconds a sender may take to send the body."""
    working: int = 64
    """Deliveries that may be in work at once, after their bodies have arrived."""
    patience: float = 4.0
    """Seconds a delivery waits in line; with the ledger's own 5 it is answered before GitHub gives up after 10."""


DEFAULT_LIMITS = Limits()


def create_app(
    ledger: Ledger,
    settings: Settings,
    vault: Vault,
    wake: Wake,
    workspace: LoadWorkspace,
    limits: Limits = DEFAULT_LIMITS,
) -> web.Application:
    """Make the receiver.

    Args:
        ledger: open, its schema up to date.
        settings: name the provisioned file and the sources of the environment.
        vault: opens the secrets of stored sources.
        wake: tells triage about new jobs; called in the background, its failures are only logged.
        workspace: loads the defaults in force.
        limits: of size, time and number.
    """
    bell = Bell(wake)
    receiver = Receiver(ledger, Configuration(ledger, settings, vault, workspace), bell.ring, limits)
    app = web.Application(middlewares=[receiver.answer_in_json], client_max_size=limits.body)
    app.cleanup_ctx.append(lambda _app: bell.hung())
    app.on_response_prepare.append(_hide_server)
    app.router.add_post("/webhooks/{source}", receiver.receive_delivery)
    app.router.add_get("/healthz", receiver.report_health)
    return app


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port, which the system chooses when `port` is 0.

    Raises:
        OSError: the address cannot be listened on.
    """
    runner = web.AppRunner(
        app,
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=IDLE,
        lingering_time=LINGERING,
        shutdown_timeout=STOPPING,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


class Receiver:
    """Handles deliveries, each from its first byte to its answer."""

    def __init__(
        self,
        ledger: Ledger,
        configuration: Configuration,
        wake: Callable[[], None],
        limits: Limits,
    ) -> None:
        self._ledger = ledger
        self._configuration = configuration
        self._wake = wake
        self._limits = limits
        self._work = Gate(limits.working, limits.patience)
        self._logger = structlog.get_logger().bind()  # once, and not anew for each line

    @web.middleware
    async def answer_in_json(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn every failure into a JSON answer, and write one line about each delivery: no content, no secret."""
        started = time.monotonic()
        facts = request[FACTS] = {}
        try:
            response = await handler(request)
        except web.HTTPException as refused:
            response = _failure(HTTPStatus(refused.status), refused.text or "", refused.headers)
        except errors.JcaError as error:
            facts["error"] = str(error)
            later = {"Retry-After": str(RETRY_AFTER)}
            response = _failure(HTTPStatus.SERVICE_UNAVAILABLE, "Nothing was recorded; please send it again.", later)
        except Exception:
            self._logger.exception("delivery_failed", **facts)
            response = _failure(HTTPStatus.INTERNAL_SERVER_ERROR, "Something failed inside; the log says what.")
        if facts:
            self._logger.info(
                "delivery", http=response.status, ms=round(1000 * (time.monotonic() - started), 1), **facts
            )
        return response

    async def report_health(self, _request: web.Request) -> web.Response:
        """Healthy means that the sources are known."""
        await self._configuration.current()
        return _response(HTTPStatus.OK, {"status": "ok"})

    async def receive_delivery(self, request: web.Request) -> web.Response:
        """Answer one delivery: 202 when its job is recorded, 200 when there is nothing to do."""
        name = request.match_info["source"]
        request[FACTS]["source"] = name[:64]
        known = await self._configuration.current()
        source = known.sources.get(name)
        if source is None:
            raise web.HTTPNotFound(text="There is no such source.")
        if not takes(source, request.content_type) or "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType(text=WRONG_TYPE)
        body = await self._read_body(request)
        async with self._work:
            _authenticate(source, request, body)
            reading = _read(source, request, body, known)
            answer = await self._take_in(reading, known)
        content = _content(answer)
        request[FACTS].update(content)
        return _response(HTTPStatus.ACCEPTED if answer.status == "accepted" else HTTPStatus.OK, content)

    async def _read_body(self, request: web.Request) -> bytes:
        length = request.content_length or 0
        if length > self._limits.body:
            raise web.HTTPRequestEntityTooLarge(max_size=self._limits.body, actual_size=length)
        if request.content.is_eof():  # it has arrived whole: no timer has to be set and cleared
            return await request.read()
        try:
            async with asyncio.timeout(self._limits.reading):
                return await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The body did not arrive in time.") from None
        except (ConnectionError, web.RequestPayloadError):
            raise web.HTTPBadRequest(text="The body did not arrive whole.") from None

    async def _take_in(self, reading: Intake | Command | Ignored, known: Known) -> Answer:
        match reading:
            case Intake():
                return await accept(self._ledger, reading, known.workspace, self._wake)
            case Command():
                return await obey(self._ledger, reading, self._wake)
            case Ignored():
                return await dismiss(self._ledger, reading)


def _authenticate(source: Source, request: web.Request, body: bytes) -> None:
    match prove(source, request.headers, body):
        case Verified(secret):
            if secret:  # an older one, which cannot go yet
                request[FACTS]["secret"] = secret
        case Forged(reason):
            request[FACTS]["forged"] = reason
            raise web.HTTPUnauthorized(text="The signature does not hold.")


def _read(source: Source, request: web.Request, body: bytes, known: Known) -> Intake | Command | Ignored:
    reading = read(source, request.headers, body, known.workspace)
    if isinstance(reading, BadRequest):
        raise web.HTTPBadRequest(text=reading.reason)
    request[FACTS].update(act=reading.envelope.event, delivery=reading.envelope.delivery_key)
    if retry := request.headers.get(RETRY_HEADER):
        request[FACTS]["retry"] = retry[:8]
    return reading


def _content(answer: Answer) -> dict[str, str]:
    fields = {
        "status": answer.status,
        "reason": answer.reason,
        "detail": answer.detail,
        "command": answer.command,
        "job": answer.job_id,
    }
    return {name: value for name, value in fields.items() if value}


def _failure(status: HTTPStatus, reason: str, headers: Mapping[str, str] = _NONE) -> web.Response:
    kept = {name: headers[name] for name in ("Allow", "Retry-After") if name in headers}
    return _response(status, {"status": "error", "reason": reason}, kept)


def _response(status: HTTPStatus, content: Mapping[str, str], headers: Mapping[str, str] = _NONE) -> web.Response:
    return web.Response(status=status, body=json.dumps(content).encode(), headers={**_JSON, **headers})


async def _hide_server(_request: web.Request, response: web.StreamResponse) -> None:
    response.headers.popall("Server", None)
