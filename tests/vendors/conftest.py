"""What the vendors publish of their interfaces, and what our client and our fake of one said to each other."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from tests.fakes.github.server import FakeGitHub, running
from tests.support import npm
from tests.vendors import github_verbs, openapi, prism
from tests.vendors.tap import Exchange, Tap, tapped

Delivery = tuple[Mapping[str, str], bytes]
"""Headers and body of a webhook."""

OPENAPI = ("@octokit/openapi", "23.0.2")
GRAPHQL = "/graphql"
"""Of the fake's routes the one that REST's description does not have."""


@pytest.fixture(scope="session")
def descriptions() -> Path:
    """The directory with GitHub's descriptions of its REST interface, of github.com and of Enterprise Servers."""
    return npm.package(*OPENAPI) / "generated"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def fake() -> AsyncIterator[FakeGitHub]:
    async with running() as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tap(fake: FakeGitHub, descriptions: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Tap]:
    """The fake behind Prism, which judges by what GitHub says of the fake's routes."""
    file: Path = tmp_path_factory.mktemp("prism") / "github.json"
    described = json.loads((descriptions / "api.github.com.json").read_bytes())
    description = openapi.trimmed(described, {openapi.route(*served) for served in fake.routes})
    openapi.demand_something(description, "timeline-issue-events")
    file.write_text(json.dumps(openapi.spelled_out(description)))
    with prism.proxying(file, fake.url) as address:
        async with tapped(address, fake.url, frozenset({GRAPHQL})) as tap:
            yield tap


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def delivered(fake: FakeGitHub) -> AsyncIterator[list[Delivery]]:
    """The webhooks that the fake has sent so far."""
    taken: list[Delivery] = []

    async def take(request: web.Request) -> web.Response:
        taken.append((request.headers, await request.read()))
        return web.Response(status=202)

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    fake.hooks.send_to(f"http://127.0.0.1:{runner.addresses[0][1]}/", "the-secret-of-the-webhook")
    yield taken
    await runner.cleanup()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def exchanges(fake: FakeGitHub, tap: Tap, delivered: list[Delivery]) -> list[Exchange]:
    """Everything our client asks, and the answers."""
    await github_verbs.ask_everything(fake, tap.url)
    assert delivered
    return list(tap.exchanges)
