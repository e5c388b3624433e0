"""Which client is meant for a source and for a repository, and when it is made anew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs import errors
from jobs.access import GitHubAccess, JiraAccess, Known, seal
from jobs.catalog import Source
from jobs.readiness import Step
from jobs.repository import Repository
from jobs.settings import Settings
from jobs.vault import Vault
from tests.fakes.github.server import APP_ID, EVERYTHING, FakeGitHub, running
from tests.fakes.github.world import World
from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User
from tests.support import code_host, tls
from worker.compose.trackers import at_rest, lending
from worker.trackers.connections import Connections
from worker.trackers.github.client import GitHub
from worker.trackers.github.hosting import lives_on
from worker.trackers.github.names import Endpoint
from worker.trackers.jira.client import Jira

SHOP = Repository(alias="shop", url="ssh://git@127.0.0.1/acme/shop.git")
PAYMENTS = Repository(alias="payments", url="ssh://git@127.0.0.1/acme/payments")
ELSEWHERE = Repository(alias="else", url="https://git.example/acme/else")


@dataclass
class Configured:
    """What is configured, as a test changes it."""

    connections: Connections
    vault: Vault
    access: dict[str, Known] = field(default_factory=dict)

    async def steps(self, name: str, source: Source | None = None) -> list[Step]:
        return [step async for step in self.connections.examine(name, source, (SHOP, PAYMENTS, ELSEWHERE))]


@pytest.fixture
async def configured() -> AsyncIterator[Configured]:
    vault, access = Vault(["key"]), {}

    async def load() -> dict[str, Known]:
        return access

    async with Connections(load, vault) as connections:
        yield Configured(connections, vault, access)


@pytest.fixture
async def fake() -> AsyncIterator[FakeGitHub]:
    async with running() as server:
        server.world.add_repository("acme/shop")
        server.world.add_repository("acme/payments")
        yield server


def app_access(fake: FakeGitHub, *repositories: str, **permissions: str) -> GitHubAccess:
    key = fake.make_app()
    fake.world.install(*repositories, **(permissions or EVERYTHING))
    return GitHubAccess(api_url=fake.url, app_id=APP_ID, private_key=SecretStr(key))


def token_access(fake: FakeGitHub, **permissions: str) -> GitHubAccess:
    token = fake.world.add_token("octocat", permissions or None)
    return GitHubAccess(api_url=fake.url, token=SecretStr(token))


def failed(steps: list[Step]) -> dict[str, Step]:
    return {step.name: step for step in steps if not step.ok}


async def test_a_client_is_kept_until_its_access_changes(configured: Configured, fake: FakeGitHub) -> None:
    assert await configured.connections.find("github") is None
    configured.access["github"] = token_access(fake)
    first = await configured.connections.find("github")
    again = await configured.connections.find("github")
    configured.access["github"] = token_access(fake)
    other = await configured.connections.find("github")

    assert isinstance(first, GitHub)
    assert isinstance(other, GitHub)
    assert first is again
    assert other is not first
    assert other.transport is first.transport


async def test_what_is_sealed_is_opened_for_use(configured: Configured) -> None:
    jira = JiraAccess(url="https://acme.atlassian.net", email="jca@acme.example", token=SecretStr("t"))
    configured.access["jira"] = seal("jira", jira, configured.vault)

    assert isinstance(await configured.connections.find("jira"), Jira)


async def test_the_app_that_is_installed_comes_before_the_token(configured: Configured, fake: FakeGitHub) -> None:
    configured.access |= {"a-token": token_access(fake), "b-app": app_access(fake, "acme/shop")}

    of_shop = await configured.connections.code_host(SHOP)
    of_payments = await configured.connections.code_host(PAYMENTS)

    assert of_shop is await configured.connections.find("b-app")
    assert of_payments is await configured.connections.find("a-token")
    assert await configured.connections.code_host(ELSEWHERE) is None


async def test_an_app_that_is_not_installed_is_said_with_the_remedy(configured: Configured, fake: FakeGitHub) -> None:
    configured.access["github"] = app_access(fake, "acme/shop")

    with pytest.raises(errors.NotReady, match="not installed on acme/payments") as caught:
        await configured.connections.code_host(PAYMENTS)
    assert "Install it there" in caught.value.remedy


async def test_an_app_with_every_permission_passes(configured: Configured, fake: FakeGitHub) -> None:
    configured.access["github"] = app_access(fake, "acme/shop", "acme/payments")

    steps = await configured.steps("github")

    assert [step.name for step in steps] == [
        *("reach", "authenticate", "metadata", "contents", "issues", "pull_requests", "checks")
    ]
    assert failed(steps) == {}
    assert steps[1].detail == "as jca-fake[bot]"
    assert steps[3].detail == "write, in 2 repositories"


async def test_each_missing_permission_of_an_app_is_named(configured: Configured, fake: FakeGitHub) -> None:
    few = {"metadata": "read", "contents": "read", "issues": "write"}
    configured.access["github"] = app_access(fake, "acme/shop", "acme/payments", **few)

    missing = failed(await configured.steps("github"))

    assert set(missing) == {"contents", "pull_requests", "checks"}
    assert "acme/shop" in missing["contents"].detail
    assert "contents: write" in missing["contents"].remedy


async def test_a_repository_without_the_app_is_named(configured: Configured, fake: FakeGitHub) -> None:
    configured.access["github"] = app_access(fake, "acme/shop")
    only_shop = Source(name="github", kind="github", secrets=(SecretStr("x" * 16),), repositories=("shop",))

    assert set(failed(await configured.steps("github"))) == {"acme/payments"}
    assert failed(await configured.steps("github", only_shop)) == {}


async def test_each_missing_permission_of_a_token_is_named_and_nothing_is_made(
    configured: Configured, fake: FakeGitHub
) -> None:
    configured.access["github"] = token_access(fake, metadata="read", contents="write", issues="read")

    missing = failed(await configured.steps("github"))

    assert set(missing) == {"issues", "pull_requests"}
    assert "the token" in missing["issues"].remedy
    assert all(not each.issues and not each.pulls for each in fake.world.repositories.values())


async def test_a_wrong_token_is_reached_but_not_authenticated(configured: Configured, fake: FakeGitHub) -> None:
    configured.access["github"] = GitHubAccess(api_url=fake.url, token=SecretStr("wrong"))

    steps = await configured.steps("github")

    assert [(step.name, step.ok) for step in steps] == [("reach", True), ("authenticate", False)]


async def test_nothing_at_the_address_is_not_reached(configured: Configured) -> None:
    configured.access["github"] = GitHubAccess(api_url="http://127.0.0.1:1", token=SecretStr("t"))

    (step,) = await configured.steps("github")

    assert (step.name, step.ok) == ("reach", False)


async def test_what_is_not_configured_cannot_be_tried(configured: Configured) -> None:
    with pytest.raises(errors.NotFound, match="no access to a tracker named github"):
        await configured.steps("github")


async def test_each_missing_permission_in_jira_is_named(configured: Configured) -> None:
    async with serving("cloud") as jira:
        jira.state.add_user(User("jca", "JCA", "the-token", "jca@acme.example"))
        token = SecretStr("the-token")
        configured.access["jira"] = JiraAccess(url=jira.url, email="jca@acme.example", token=token)
        passed = await configured.steps("jira")
        jira.denied |= {"ADD_COMMENTS", "TRANSITION_ISSUES"}
        lacking = failed(await configured.steps("jira"))

    assert failed(passed) == {}
    assert [step.name for step in passed][:3] == ["reach", "authenticate", "Browse Projects"]
    assert set(lacking) == {"Add Comments", "Transition Issues"}


async def test_a_wrong_token_of_jira_is_reached_but_not_authenticated(configured: Configured) -> None:
    async with serving("data_center") as jira:
        configured.access["jira"] = JiraAccess(url=jira.url, token=SecretStr("wrong"))
        steps = await configured.steps("jira")

    assert [(step.name, step.ok) for step in steps] == [("reach", True), ("authenticate", False)]


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("https://github.com/acme/shop.git", True),
        ("https://GitHub.com/acme/shop", True),
        ("git@github.com:acme/shop.git", True),
        ("ssh://git@github.com/acme/shop.git", True),
        ("https://github.com.evil.example/acme/shop", False),
        ("https://github.com:8443/acme/shop", False),
        ("https://evil.example/github.com/acme/shop", False),
        ("git@evil.example:github.com/acme/shop", False),
        ("/srv/github.com/acme/shop", False),
    ],
)
def test_a_repository_lives_on_the_host_its_address_names(url: str, here: bool) -> None:
    assert lives_on(Repository(alias="shop", url=url), Endpoint.of()) is here


async def test_a_single_run_is_lent_what_is_configured_for_the_host_alone(tmp_path: Path) -> None:
    settings = Settings.model_validate({"state_dir": tmp_path, "github_token": "the-token"})
    shop = Repository(alias="shop", url="https://github.com/acme/shop")

    async with at_rest(settings) as connections, lending(connections) as lend:
        lent = await lend(shop, True)
        others = [await lend(each, True) for each in (SHOP, ELSEWHERE)]

    assert lent is not None
    assert lent.host_url == "https://github.com/"
    assert "the-token" in lent.secrets
    assert others == [None, None]


async def test_what_a_single_run_was_lent_to_push_with_ends_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = tls.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with code_host.serving(tmp_path / "served", certificate) as host:
        world = host.github.world
        world.add_repository("acme/shop")
        world.install("acme/shop", **EVERYTHING)
        app = {"github_app_id": APP_ID, "github_app_private_key": host.github.make_app(), "github_api_url": host.url}
        settings = Settings.model_validate({"state_dir": tmp_path, **app})
        shop = Repository(alias="shop", url=f"{host.url}/acme/shop.git", full_name="acme/shop")

        async with at_rest(settings) as connections, lending(connections) as lend:
            lent = [await lend(shop, write) for write in (False, True)]
            during = _contents(world)
        after = _contents(world)

    assert None not in lent
    assert during == ["read", "write"]
    assert after == ["read"]


def _contents(world: World) -> list[str]:
    """What the tokens that hold may do with the files of a repository."""
    return sorted(token.permissions["contents"] for token in world.tokens.values() if token.permissions)
