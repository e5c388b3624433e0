"""An office on a real ledger and a real Valkey, and one whose source is a fake GitHub."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.fakes.github import world
from tests.fakes.github.server import FakeGitHub, running
from tests.integration.duties import github_office
from tests.integration.duties.offices import Settled, make_blank, make_office, open_ledger
from worker.duties.office import Office
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import PersonalToken
from worker.trackers.github.names import Endpoint
from worker.trackers.github.transport import Transport


@pytest.fixture
def settled() -> Settled:
    return Settled()


@pytest.fixture(scope="session")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_blank(tmp_path_factory.mktemp("ledger"))


@pytest.fixture
async def office(redis: Redis, tmp_path: Path, blank: Path, settled: Settled) -> AsyncIterator[Office]:
    ledger = open_ledger(tmp_path, blank)
    yield make_office(ledger, redis, settled)
    await ledger.close()


@pytest.fixture
async def fake() -> AsyncIterator[FakeGitHub]:
    async with running() as server:
        yield server


@pytest.fixture
def repository(fake: FakeGitHub) -> world.Repository:
    return github_office.add_repository(fake)


@pytest.fixture
async def github(fake: FakeGitHub, repository: world.Repository, settled: Settled) -> AsyncIterator[GitHub]:
    """The client on the fake; the office reaches it as the source `github`."""
    del repository
    async with Transport(Endpoint.of(fake.url), write_spacing=0, patience=5) as way:
        client = GitHub(way, PersonalToken(way, SecretStr(fake.world.add_token("jca-account"))))
        github_office.connect(settled, client)
        yield client


@pytest.fixture
async def issue(fake: FakeGitHub, repository: world.Repository, github: GitHub) -> world.Issue:
    """Opened by somebody who may only read, and not labelled yet."""
    del github
    return await fake.people.open_issue(repository, "eve", "Refunds are rounded down", "Expected 0.11")
