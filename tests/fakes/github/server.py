"""The fake as a server on loopback, and the hands of those who act on it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.fakes.github.acts import Acts
from tests.fakes.github.apps import Apps
from tests.fakes.github.faults import Faults
from tests.fakes.github.gate import Gate, Recorded
from tests.fakes.github.hooks import Hooks
from tests.fakes.github.issues import Issues
from tests.fakes.github.pulls import Pulls
from tests.fakes.github.rendering import Renderer
from tests.fakes.github.world import App, World

APP_ID = "Iv23liFakeJca"
SLUG = "jca-fake"
EVERYTHING = {"contents": "write", "issues": "write", "pull_requests": "write", "checks": "write", "metadata": "read"}


class FakeGitHub:
    """One GitHub with its world.

    `world` is what exists, `people` does things to it, `faults` makes requests go wrong, `requests` are all that came,
    `hooks` delivers what happens.
    """

    def __init__(self) -> None:
        self.world = World()
        self.hooks = Hooks(self.world)
        self.url = ""
        self._gate = Gate(self.world)
        self.people: Acts

    @property
    def faults(self) -> Faults:
        return self._gate.faults

    @property
    def requests(self) -> list[Recorded]:
        return self._gate.requests

    def asked(self, method: str, ending: str = "") -> list[Recorded]:
        """The requests of a method whose path ends so."""
        return [seen for seen in self.requests if seen.method == method and seen.path.endswith(ending)]

    def make_app(self) -> str:
        """Register the App; returns its private key as PEM."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.world.app = App(APP_ID, SLUG, key.public_key())
        form = serialization.PrivateFormat.TraditionalOpenSSL
        return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()

    def application(self, url: str) -> web.Application:
        """The web application, told under which address it is served."""
        self.url = url
        renderer = Renderer(self.world, url, url)
        self.people = Acts(self.world, renderer, self.hooks)
        parts = (
            Issues(self.world, renderer, self.people),
            Pulls(self.world, renderer),
            Apps(self.world, renderer, self.hooks),
        )
        app = web.Application(middlewares=self._gate.middlewares())
        for method, path, needed, handler in (route for part in parts for route in part.routes()):
            app.router.add_route(method, path, handler)  # type: ignore[arg-type]
            self._gate.needs[method, path] = needed
        return app

    @property
    def routes(self) -> list[tuple[str, str]]:
        """Method and path of everything that is served, parameters in braces."""
        return list(self._gate.needs)


@asynccontextmanager
async def running(host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[FakeGitHub]:
    """Serve a fake until left."""
    fake = FakeGitHub()
    sock = socket.create_server((host, port))
    runner = web.AppRunner(fake.application(f"http://{host}:{sock.getsockname()[1]}"), shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, sock).start()
    try:
        yield fake
    finally:
        await runner.cleanup()
