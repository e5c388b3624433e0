"""The receiver over HTTP: `POST /webhooks/{source}` and `GET /healthz`.

The order of the checks is fixed: source, type, size, signature, content. Nothing a stranger sends is read beyond the
size limit, kept or explained.

It stands on aiohttp's `web.Server` and not on its `Application`, whose router, middlewares and signals cost as much as
reading a delivery does.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from types import MappingProxyType

import structlog
from aiohttp import web

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
from webhooks.limits import DEFAULT_LIMITS, Limits
from webhooks.readers import NOBODY, prove, read, takes
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Forged, Verified

RETRY_AFTER = 5  # seconds a sender is asked to wait after a 503
LINGERING = 2.0  # seconds the rest of a refused body is read away, so that the sender sees the answer
IDLE = 75.0  # seconds a connection without a request is kept
STOPPING = 5.0  # seconds deliveries in work may take to end when the receiver stops

DELIVERIES = "/webhooks/"  # and the name of a source
HEALTH = "/healthz"

WRONG_TYPE = (
    "The body must be JSON. Send it with the header Content-Type: application/json, and no Content-Encoding; in "
    'GitHub, open the webhook\'s settings and set "Content type" to application/json.'
)

Facts = dict[str, object]
"""What the log line of a delivery will say."""

_NONE: Mapping[str, str] = MappingProxyType({})
_JSON = {"Content-Type": "application/json; charset=utf-8"}


def create_app(
    ledger: Ledger,
    settings: Settings,
    vault: Vault,
    wake: Wake,
    workspace: LoadWorkspace,
    limits: Limits = DEFAULT_LIMITS,
) -> Receiver:
    """Make the receiver.

    Args:
        ledger: open, its schema up to date.
        settings: name the provisioned file and the sources of the environment.
        vault: opens the secrets of stored sources.
        wake: tells triage about new jobs; called in the background, its failures are only logged.
        workspace: loads the defaults in force.
        limits: of size, time and number.
    """
    return Receiver(ledger, Configuration(ledger, settings, vault, workspace), Bell(wake), limits)


@asynccontextmanager
async def serving(app: Receiver, host: str, port: int) -> AsyncIterator[int]:
    """Serve until the block ends; yields the port, which the system chooses when `port` is 0.

    Raises:
        OSError: the address cannot be listened on.
    """
    server = web.Server(
        app.answer,
        request_factory=partial(_Request, loop=asyncio.get_running_loop(), client_max_size=app.limits.body),
        access_log=None,
        auto_decompress=False,
        keepalive_timeout=IDLE,
        lingering_time=LINGERING,
    )
    runner = web.ServerRunner(server, shutdown_timeout=STOPPING)
    async with app.bell.hung():
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
            yield int(runner.addresses[0][1])
        finally:
            await runner.cleanup()


class Receiver:
    """Handles deliveries, each from its first byte to its answer."""

    def __init__(self, ledger: Ledger, configuration: Configuration, bell: Bell, limits: Limits) -> None:
        self.bell = bell
        self.limits = limits
        self._ledger = ledger
        self._configuration = configuration
        self._work = Gate(limits.working, limits.patience)
        self._logger = structlog.get_logger().bind()  # once, and not anew for each line

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Turn every failure into a JSON answer, and write one line about each delivery: no content, no secret."""
        started = time.monotonic()
        facts: Facts = {}
        try:
            response = await self._handle(request, facts)
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

    async def _handle(self, request: web.BaseRequest, facts: Facts) -> web.Response:
        path = request.path
        name = path.removeprefix(DELIVERIES)
        if name and name != path and "/" not in name:
            _allow(request, "POST")
            return await self._receive(request, name, facts)
        if path == HEALTH:
            _allow(request, "GET", "HEAD")
            await self._configuration.current()  # healthy means that the sources are known
            return _response(HTTPStatus.OK, {"status": "ok"})
        raise web.HTTPNotFound

    async def _receive(self, request: web.BaseRequest, name: str, facts: Facts) -> web.Response:
        """Answer one delivery: 202 when its job is recorded, 200 when there is nothing to do."""
        facts["source"] = name[:64]
        known = await self._configuration.current()
        source = known.sources.get(name)
        if source is None:
            raise web.HTTPNotFound(text="There is no such source.")
        if not takes(source, request.content_type) or "Content-Encoding" in request.headers:
            raise web.HTTPUnsupportedMediaType(text=WRONG_TYPE)
        body = await self._read_body(request)
        async with self._work:
            _authenticate(source, request, body, facts)
            reading = _read(source, request, body, known, facts)
            answer = await self._take_in(reading, known)
        content = _content(answer)
        facts.update(content)
        return _response(HTTPStatus.ACCEPTED if answer.status == "accepted" else HTTPStatus.OK, content)

    async def _read_body(self, request: web.BaseRequest) -> bytes:
        length = request.content_length or 0
        if length > self.limits.body:
            raise web.HTTPRequestEntityTooLarge(max_size=self.limits.body, actual_size=length)
        if request.content.is_eof():  # it has arrived whole: no timer has to be set and cleared
            return await request.read()
        try:
            async with asyncio.timeout(self.limits.reading):
                await _encourage(request)
                return await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="The body did not arrive in time.") from None
        except (ConnectionError, web.RequestPayloadError):
            raise web.HTTPBadRequest(text="The body did not arrive whole.") from None

    async def _take_in(self, reading: Intake | Command | Ignored, known: Known) -> Answer:
        match reading:
            case Intake():
                return await accept(self._ledger, reading, known.workspace, self.bell.ring)
            case Command():
                return await obey(self._ledger, reading, self.bell.ring)
            case Ignored():
                return await dismiss(self._ledger, reading)


class _Request(web.BaseRequest):
    """A request whose answer does not name the server's software."""

    async def _prepare_hook(self, response: web.StreamResponse) -> None:
        response.headers.popall("Server", None)


def _allow(request: web.BaseRequest, *methods: str) -> None:
    if request.method not in methods:
        raise web.HTTPMethodNotAllowed(request.method, methods)


async def _encourage(request: web.BaseRequest) -> None:
    """Ask for the body where the sender waits to be asked (https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1)."""
    if request.headers.get("Expect", "").lower() == "100-continue":
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # of the answer itself nothing is sent yet


def _authenticate(source: Source, request: web.BaseRequest, body: bytes, facts: Facts) -> None:
    match prove(source, request.headers, body):
        case Verified(secret):
            if secret:  # an older one, which cannot go yet
                facts["secret"] = secret
        case Forged(reason):
            facts["forged"] = reason
            raise web.HTTPUnauthorized(text="The signature does not hold.")


def _read(
    source: Source, request: web.BaseRequest, body: bytes, known: Known, facts: Facts
) -> Intake | Command | Ignored:
    reading = read(source, request.headers, body, known.workspace, known.accounts.get(source.name, NOBODY))
    if isinstance(reading, BadRequest):
        raise web.HTTPBadRequest(text=reading.reason)
    facts.update(act=reading.envelope.event, delivery=reading.envelope.delivery_key)
    if retry := request.headers.get(RETRY_HEADER):
        facts["retry"] = retry[:8]
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
