"""Who may ask: exact host names, same-origin writes, a bearer token for programs. The decision is pure.

A page of another site can make a browser send requests to this machine (cross-site request forgery) and can point its
own name at 127.0.0.1 (DNS rebinding). Against the first stand Fetch Metadata (https://www.w3.org/TR/fetch-metadata/)
and `Origin`, against the second an exact list of host names on every request, whatever its method or path.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from worker.gateway import problems

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
API = "/api/v1"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PORT = re.compile(r":\d{1,5}\Z")


@dataclass(frozen=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Guard:
    """The rules of one gateway."""

    hosts: frozenset[str]
    token: str

    @classmethod
    def of(cls, extra_hosts: Iterable[str], token: str) -> Guard:
        """The local names and those the operator added."""
        return cls(LOCAL_HOSTS | {_name(host) for host in extra_hosts}, token)

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Decide about one request; None lets it pass."""
        host = headers.get("Host", "")
        if _name(host) not in self.hosts:
            remedy = "Open it by its own address, or add the name to JCA_UI_HOSTS."
            return Refusal(421, "This server does not answer to that host name.", remedy)
        if path == API or path.startswith(f"{API}/"):
            return self._check_api(method, headers)
        if method not in _SAFE and not _same_origin(host, headers):
            return _CROSS_SITE
        return None

    def _check_api(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        if "Authorization" in headers:
            return None if self._has_token(headers["Authorization"]) else _UNAUTHORIZED
        is_our_page = headers.get("Sec-Fetch-Site") == "same-origin"
        return None if method in _SAFE and is_our_page else _UNAUTHORIZED

    def _has_token(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        matches = hmac.compare_digest(token.strip().encode(), self.token.encode())
        return scheme.lower() == "bearer" and bool(self.token) and matches


_CROSS_SITE = Refusal(
    403,
    "This change did not come from one of our own pages.",
    "Reload the page and try again; programs use /api/v1 with the API token.",
)
_UNAUTHORIZED = Refusal(
    401,
    "The API token is missing or wrong.",
    "Send `Authorization: Bearer <token>`; the token is in the state directory, in the file api-token.",
)


def _name(host: str) -> str:
    return _PORT.sub("", host.strip()).lower()


def _same_origin(host: str, headers: Mapping[str, str]) -> bool:
    site = headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    return headers.get("Origin", "").lower() in {f"http://{host}".lower(), f"https://{host}".lower()}


def middleware(rules: Guard) -> Middleware:
    """Stop what the rules refuse."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        refusal = rules.check(request.method, request.path, request.headers)
        return await handler(request) if refusal is None else _answer(request, refusal)

    return guard


def _answer(request: web.Request, refusal: Refusal) -> web.Response:
    response = problems.bare(request, refusal.status, refusal.sentence, refusal.remedy)
    if refusal.status == _UNAUTHORIZED.status:
        response.headers["WWW-Authenticate"] = 'Bearer realm="jca"'
    return response


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put the security headers on every response; without a word about caching, nothing is cached."""
    del request
    response.headers.update(SECURITY_HEADERS)
    response.headers.setdefault("Cache-Control", "no-store")
