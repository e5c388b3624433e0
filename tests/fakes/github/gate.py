"""What every request passes: it is recorded, may meet a fault, is authenticated, counted, and may find nothing new."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any

import jwt
from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.github.faults import Faults
from tests.fakes.github.world import Repository, Token, World, now

LEVELS = {"read": 1, "write": 2, "admin": 3}
TOKEN = web.RequestKey("token", Token)
REPOSITORY = web.RequestKey("repository", Repository)
APP = "app"
"""Needed where the App itself asks, by a signed token."""


@dataclass
class Recorded:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any
    status: int = 0


@dataclass
class Gate:
    """The middlewares, innermost last, and what they keep."""

    world: World
    needs: dict[tuple[str, str], str] = field(default_factory=dict)
    """`permission=level` by method and route."""
    faults: Faults = field(default_factory=Faults)
    requests: list[Recorded] = field(default_factory=list)

    def middlewares(self) -> list[Any]:
        return [self.record, self.fail, self.count, self.not_modified, self.admit]

    @web.middleware
    async def record(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        text = await request.text()
        body = json.loads(text) if text else None
        seen = Recorded(request.method, request.path, dict(request.query), dict(request.headers), body)
        self.requests.append(seen)
        answer = await handler(request)
        seen.status = answer.status
        return answer

    @web.middleware
    async def fail(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        fault = self.faults.take(f"{request.method} {request.path}")
        return await self.faults.meet(fault, request, handler) if fault else await handler(request)

    @web.middleware
    async def count(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        refused = self.world.remaining <= 0
        answer = problem(403, "API rate limit exceeded for installation.") if refused else await handler(request)
        self.world.remaining -= 0 if refused or answer.status == 304 else 1  # what is not modified costs nothing
        answer.headers["X-RateLimit-Limit"] = "5000"
        answer.headers["X-RateLimit-Remaining"] = str(max(self.world.remaining, 0))
        answer.headers["X-RateLimit-Reset"] = str(int(self.world.resets_at.timestamp()))
        answer.headers["X-RateLimit-Resource"] = "graphql" if request.path.endswith("/graphql") else "core"
        answer.headers["X-GitHub-Request-Id"] = f"C0DE:{len(self.requests):X}"
        return answer

    @web.middleware
    async def not_modified(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        answer = await handler(request)
        if request.method != "GET" or answer.status != 200 or not isinstance(answer, web.Response):
            return answer
        assert isinstance(answer.body, bytes)
        etag = f'W/"{hashlib.sha256(answer.body).hexdigest()}"'
        if request.headers.get("If-None-Match") == etag:
            return web.Response(status=304, headers={"ETag": etag})
        answer.headers["ETag"] = etag
        return answer

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        route = request.match_info.route.resource
        needed = self.needs.get((request.method, route.canonical if route else ""))
        if needed is None:
            return problem(404, "Not Found")
        shown = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if needed == APP:
            refusal = self._signed(shown)
            return refusal or await handler(request)
        token = self.world.tokens.get(shown)
        if token is None or token.expires_at <= now():
            return problem(401, "Bad credentials")
        request[TOKEN] = token
        try:
            return self._refusal(request, token, needed) or await handler(request)
        except web.HTTPNotFound:
            return problem(404, "Not Found")

    def _signed(self, shown: str) -> web.Response | None:
        app = self.world.app
        assert app
        try:
            claims = jwt.decode(shown, app.public_key, ["RS256"], options={"require": ["iat", "exp", "iss"]})
        except jwt.InvalidTokenError:
            return problem(401, "A JSON web token could not be decoded")
        if claims["iss"] != app.id:
            return problem(401, "Integration not found")
        if claims["exp"] > now().timestamp() + 600:
            return problem(401, "'Expiration time' claim ('exp') is too far in the future")
        return None

    def _refusal(self, request: web.Request, token: Token, needed: str) -> web.Response | None:
        if "repo" in request.match_info:
            name = f"{request.match_info['owner']}/{request.match_info['repo']}".lower()
            found = self.world.repositories.get(name)
            if found is None or (token.repositories is not None and name not in token.repositories):
                return problem(404, "Not Found")
            if found.moved_to:
                moved = str(request.url).replace(f"/repos/{found.full_name}", f"/repos/{found.moved_to}")
                return web.json_response({"message": "Moved Permanently"}, status=301, headers={"Location": moved})
            if found.archived and request.method != "GET":
                return problem(403, "Repository was archived so is read-only.")
            request[REPOSITORY] = found
        permission, _, level = needed.partition("=")
        held = LEVELS.get((token.permissions or {}).get(permission, ""), 0)
        if not permission or token.permissions is None or held >= LEVELS[level]:
            return None
        kind = "integration" if token.installation else "personal access token"
        accepted = {"X-Accepted-GitHub-Permissions": needed}
        return problem(403, f"Resource not accessible by {kind}", headers=accepted)


def problem(status: int, message: str, *, headers: dict[str, str] | None = None, **more: object) -> web.Response:
    """A refusal in GitHub's form."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)} | more
    return web.json_response(body, status=status, headers=headers)


def invalid(*messages: str, resource: str = "Issue") -> web.Response:
    """422 in GitHub's form."""
    errors = [{"resource": resource, "code": "custom", "message": message} for message in messages]
    return problem(422, "Validation Failed", errors=errors)


def repository_of(request: web.Request) -> Repository:
    """The repository a request is about."""
    return request[REPOSITORY]


def login_of(request: web.Request) -> str:
    """Who asks."""
    return request[TOKEN].login


def paged(request: web.Request, entries: list[Any]) -> web.Response:
    """One page of a listing, with the link to the next."""
    size, page = int(request.query.get("per_page", "30")), int(request.query.get("page", "1"))
    shown = entries[(page - 1) * size : page * size]
    headers = {}
    if page * size < len(entries):
        headers["Link"] = f'<{request.url.update_query(page=page + 1)}>; rel="next"'
    return web.json_response(shown, headers=headers)
