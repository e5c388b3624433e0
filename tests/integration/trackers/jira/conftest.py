"""Our client against a Jira of each kind, over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from tests.fakes.jira.server import FakeJira, serving
from tests.fakes.jira.state import Deployment, Issue, User
from worker.trackers.jira.client import Jira
from worker.trackers.jira.site import Site

TOKEN = "the-token-of-our-account"


@pytest.fixture(params=["cloud", "data_center"])
def deployment(request: pytest.FixtureRequest) -> Deployment:
    kind: Deployment = request.param
    return kind


@pytest.fixture
async def fake(deployment: Deployment) -> AsyncIterator[FakeJira]:
    async with serving(deployment, context="/jira" if deployment == "data_center" else "") as server:
        server.state.add_user(User("jca", "JCA", TOKEN, "jca@acme.example"))
        server.state.add_user(User("ann", "Ann Lee", "token-of-ann", "ann@acme.example"))
        yield server


@pytest.fixture
async def jira(fake: FakeJira) -> AsyncIterator[Jira]:
    async with Jira(site(fake), patience=5) as client:
        yield client


@pytest.fixture
def ann(fake: FakeJira) -> User:
    return fake.state.users["ann"]


@pytest.fixture
def issue(fake: FakeJira, ann: User) -> Issue:
    return fake.state.create_issue(ann, "Refunds are rounded down", "[JCA]\nprovider=x\n[/JCA]", labels=["jca"])


def site(fake: FakeJira, token: str = TOKEN) -> Site:
    if fake.state.deployment == "cloud":
        return Site.cloud(fake.url, "jca@acme.example", SecretStr(token))
    return Site.data_center(fake.url, SecretStr(token))
