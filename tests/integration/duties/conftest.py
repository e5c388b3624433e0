"""Offices on a real ledger and a real Valkey: one alone, one with a fake GitHub, one with a fake Jira beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.fakes.github import world
from tests.fakes.github.server import FakeGitHub, running
from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User
from tests.integration.duties import github_office
from tests.integration.duties.jira_desk import Desk
from tests.integration.duties.offices import Settled, make_blank, make_office, open_ledger
from worker.duties.office import Office
from worker.trackers.github.client import GitHub
from worker.trackers.github.credentials import PersonalToken
from worker.trackers.github.names import Endpoint
from worker.trackers.github.transport import Transport
from worker.trackers.jira.client import Jira
from worker.trackers.jira.site import Site


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


@pytest.fixture
async def desk(office: Office, settled: Settled, github: GitHub) -> AsyncIterator[Desk]:
    del github
    async with serving("cloud") as fake:
        fake.state.add_user(User("jca", "JCA", "token", "jca@acme.example"))
        ann = fake.state.add_user(User("ann", "Ann Lee", "token-of-ann", "ann@acme.example"))
        eve = fake.state.add_user(User("eve", "Eve", "token-of-eve", "eve@acme.example"))
        async with Jira(Site.cloud(fake.url, "jca@acme.example", SecretStr("token")), patience=5) as client:
            desk = Desk(office, settled, client, fake, ann, eve)
            desk.allow()
            yield desk
