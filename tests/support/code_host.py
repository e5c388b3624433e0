"""GitHub on loopback as jobs meet it: the fake's API and real git over https at one address, with the fake's tokens."""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from tests.fakes.github.gate import LEVELS
from tests.fakes.github.server import FakeGitHub
from tests.fakes.github.world import now

_PATH = re.compile(r"/(?P<name>[\w.-]+/[\w.-]+)\.git/(?:info/refs|git-(?:upload|receive)-pack)")


@dataclass
class CodeHost:
    """The running server."""

    github: FakeGitHub
    directory: Path
    url: str
    shown: list[tuple[str, str]] = field(default_factory=list)
    """(service, password) of every git request that was let in."""

    def clone_of(self, source: Path, name: str) -> str:
        """Serve a copy of a repository under `owner/name`; returns its address."""
        target = self.directory / f"{name}.git"
        target.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "clone", "--quiet", "--bare", str(source), str(target)], check=True)
        self.github.world.add_repository(name).commit_of = partial(self._commit, name)
        return f"{self.url}/{name}.git"

    def git(self, name: str, *words: str) -> str:
        """Run git on a repository that is served."""
        argv = ["git", "--git-dir", str(self.directory / f"{name}.git"), *words]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()

    def _commit(self, name: str, branch: str) -> str | None:
        try:
            return self.git(name, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}")
        except subprocess.CalledProcessError:
            return None

    @web.middleware
    async def answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer git itself, and leave everything else to the fake."""
        match = _PATH.fullmatch(request.path)
        if match is None:
            return await handler(request)
        service = request.query.get("service") or request.path.rpartition("/")[2]
        password = _password(request.headers.get("Authorization", ""))
        if not self._lets_in(match["name"].lower(), password, "write" if service == "git-receive-pack" else "read"):
            return web.Response(status=401, headers={"WWW-Authenticate": "Basic"})
        self.shown.append((service, password))
        return await self._backend(request)

    def _lets_in(self, name: str, password: str, level: str) -> bool:
        token = self.github.world.tokens.get(password)
        if (
            token is None
            or token.expires_at <= now()
            or (token.repositories is not None and name not in token.repositories)
        ):
            return False
        held = "write" if token.permissions is None else token.permissions.get("contents", "")
        return LEVELS.get(held, 0) >= LEVELS[level]

    async def _backend(self, request: web.Request) -> web.Response:
        variables = {
            "GIT_PROJECT_ROOT": str(self.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": request.path,
            "QUERY_STRING": request.query_string,
            "REQUEST_METHOD": request.method,
            "CONTENT_TYPE": request.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": request.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": request.headers.get("Git-Protocol", ""),
            "REMOTE_USER": "somebody",
            "PATH": "/usr/bin:/bin",
        }
        body = await request.read()
        backend = await asyncio.create_subprocess_exec(
            *("git", "http-backend"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=variables
        )
        out, _ = await backend.communicate(body)
        head, _, content = out.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        status = int(headers.pop("Status", "200").split()[0])
        return web.Response(status=status, headers=headers, body=content)


def _password(shown: str) -> str:
    scheme, _, value = shown.partition(" ")
    return base64.b64decode(value).decode().partition(":")[2] if scheme == "Basic" else ""


@asynccontextmanager
async def serving(directory: Path, certificate: Path) -> AsyncIterator[CodeHost]:
    """Serve until left."""
    sock = socket.create_server(("127.0.0.1", 0))
    host = CodeHost(FakeGitHub(), directory, f"https://127.0.0.1:{sock.getsockname()[1]}")
    app = host.github.application(host.url)
    middlewares: Any = app.middlewares
    middlewares.insert(0, host.answer)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, sock, ssl_context=context).start()
    try:
        yield host
    finally:
        for connection in runner.server.connections if runner.server else ():
            if connection.transport:  # a client that is not reading never answers the end of TLS
                connection.transport.abort()
        await runner.cleanup()
