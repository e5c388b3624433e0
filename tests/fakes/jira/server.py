"""Jira's REST interface over the state: v2 and v3 as Cloud, v2 as Data Center."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.jira.attachments import AttachmentRoutes
from tests.fakes.jira.faults import Fault
from tests.fakes.jira.hooks import Hooks
from tests.fakes.jira.issues import IssueRoutes
from tests.fakes.jira.people import PeopleRoutes
from tests.fakes.jira.state import Deployment, State, User

LOGIN = web.RequestKey("login", User)


@dataclass(frozen=True)
class Logged:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    user: str
    status: int


@dataclass
class FakeJira:
    """The running server."""

    state: State
    hooks: Hooks
    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    denied: set[str] = field(default_factory=set)
    """Keys of permissions that nobody has: `ADD_COMMENTS`."""
    keeps_properties: bool = True
    log: list[Logged] = field(default_factory=list)

    def asked(self, method: str, part: str = "") -> list[Logged]:
        """Requests by method whose path has `part`."""
        return [entry for entry in self.log if entry.method == method and part in entry.path]

    def allows(self, permission: str) -> bool:
        return permission not in self.denied


@asynccontextmanager
async def serving(
    deployment: Deployment = "cloud", port: int = 0, context: str = "", receiver: str = "", secret: str = ""
) -> AsyncIterator[FakeJira]:
    """Serve until the block ends.

    Args:
        deployment: what it behaves as.
        port: 0 chooses a free one.
        context: path it lives below: `/jira`.
        receiver: where webhooks go.
        secret: what they are signed with.
    """
    fake = FakeJira(State(deployment), Hooks(deployment, receiver, secret))
    fake.state.tell = fake.hooks.tell
    runner = web.AppRunner(_app(fake, context), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        fake.url = fake.state.url = f"http://127.0.0.1:{runner.addresses[0][1]}{context}"
        yield fake
        await fake.hooks.settled()
    finally:
        await runner.cleanup()


def _app(fake: FakeJira, context: str) -> web.Application:
    app = web.Application(middlewares=[_log(fake), _fail(fake), _login(fake)])
    for version in ("2", "3") if fake.state.deployment == "cloud" else ("2",):
        base = f"{context}/rest/api/{version}"
        routes = IssueRoutes(fake, version, LOGIN).routes() | PeopleRoutes(fake, LOGIN).routes()
        for (method, path), handler in routes.items():
            app.router.add_route(method, base + path, handler)
    files = AttachmentRoutes(fake)
    if fake.state.deployment == "cloud":
        app.router.add_get(f"{context}/rest/api/3/attachment/content/{{id}}", files.content)
    else:
        app.router.add_get(f"{context}/secure/attachment/{{id}}/{{name}}", files.served)
    return app


Around = Callable[[web.Request, Handler], Awaitable[web.StreamResponse]]


def _log(fake: FakeJira) -> Around:
    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        body = await request.json() if request.body_exists and request.content_type == "application/json" else None
        status = 0
        try:
            response = await handler(request)
            status = response.status
        except web.HTTPException as refused:
            status = refused.status
            raise
        finally:
            user = request.get(LOGIN)
            entry = Logged(request.method, request.path, dict(request.query), body, user.id if user else "", status)
            fake.log.append(entry)
        return response

    return note


def _fail(fake: FakeJira) -> Around:
    @web.middleware
    async def fail(request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = next((fault for fault in fake.faults if fault.takes(request.method, request.path)), None)
        if fault is None:
            return await handler(request)
        if fault.kind.startswith("done"):
            await handler(request)
        if fault.kind.endswith("drop") and request.transport:
            request.transport.abort()
        return web.Response(status=fault.status, headers=fault.headers, text=fault.body)

    return fail


def _login(fake: FakeJira) -> Around:
    @web.middleware
    async def login(request: web.Request, handler: Handler) -> web.StreamResponse:
        user = _user(fake, request.headers.get("Authorization", ""))
        if user is None:
            headers = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            raise web.HTTPUnauthorized(text="Client must be authenticated to access this resource.", headers=headers)
        request[LOGIN] = user
        return await handler(request)

    return login


def _user(fake: FakeJira, shown: str) -> User | None:
    scheme, _, value = shown.partition(" ")
    if fake.state.deployment == "cloud" and scheme == "Basic":
        email, _, token = base64.b64decode(value).decode().partition(":")
        return next((u for u in fake.state.users.values() if (u.email, u.token) == (email, token)), None)
    if fake.state.deployment == "data_center" and scheme == "Bearer":
        return next((user for user in fake.state.users.values() if user.token == value), None)
    return None
