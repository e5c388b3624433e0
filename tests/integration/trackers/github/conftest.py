"""A fake GitHub with one repository, and the client on it: as an App, and with a personal token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub, running
from tests.fakes.github.world import Issue, Repository
from worker.trackers.github.app import AppCredential
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import PersonalToken
from worker.trackers.github.names import Endpoint, RepositoryName
from worker.trackers.github.transport import Transport

NAME = RepositoryName("acme", "payments")
PATIENCE = 1.5  # seconds; enough for loopback on a busy machine, short where nothing comes


@pytest.fixture
async def fake() -> AsyncIterator[FakeGitHub]:
    async with running() as server:
        yield server


@pytest.fixture
def repository(fake: FakeGitHub) -> Repository:
    fake.world.accounts |= {"octocat": "User", "stranger": "User"}
    people = {"octocat": "write", "stranger": "read"}
    return fake.world.add_repository(str(NAME), labels=["jca", "jca: working"], collaborators=people)


@pytest.fixture
async def issue(fake: FakeGitHub, repository: Repository) -> Issue:
    return await fake.people.open_issue(repository, "octocat", "Refunds are rounded down", "Expected 0.11", ("jca",))


@pytest.fixture
async def transport(fake: FakeGitHub) -> AsyncIterator[Transport]:
    async with Transport(Endpoint.of(fake.url), write_spacing=0, patience=PATIENCE) as way:
        yield way


@pytest.fixture(scope="session")
def app_key() -> tuple[str, object]:
    """A private key and its public half; making one takes a while."""
    server = FakeGitHub()
    key = server.make_app()
    assert server.world.app
    return key, server.world.app


@pytest.fixture
def app(fake: FakeGitHub, repository: Repository, transport: Transport, app_key: tuple[str, object]) -> AppCredential:
    key, fake.world.app = app_key  # type: ignore[assignment]
    fake.world.install(repository.full_name, "acme/of-no-concern", **EVERYTHING)
    return AppCredential(transport, APP_ID, SecretStr(key))


@pytest.fixture
def github(transport: Transport, app: AppCredential) -> GitHub:
    return GitHub(transport, app)


@pytest.fixture
def by_token(fake: FakeGitHub, repository: Repository, transport: Transport) -> GitHub:
    del repository
    return GitHub(transport, PersonalToken(transport, SecretStr(fake.world.add_token("octocat"))))
