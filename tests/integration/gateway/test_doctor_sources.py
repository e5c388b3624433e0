"""What `jca doctor` says of sources: with its own eyes, without a gateway."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import yaml
from pydantic import SecretStr

from jobs import provisioning
from jobs.access import JiraAccess, seal
from jobs.ledger import configuration, migrate
from jobs.ledger.database import Ledger
from jobs.settings import Settings
from tests.fakes.github.server import FakeGitHub, running
from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User
from worker.compose import common, source_checks
from worker.compose.finding import Finding


@pytest.fixture
async def github() -> AsyncIterator[FakeGitHub]:
    async with running() as server:
        server.world.add_repository("acme/shop")
        yield server


def settings(tmp_path: Path, **configured: object) -> Settings:
    shop = {"alias": "shop", "url": "ssh://git@127.0.0.1/acme/shop"}
    (tmp_path / "jca.yaml").write_text(yaml.safe_dump({"repositories": [shop], **configured}))
    return Settings(state_dir=tmp_path, config_file=tmp_path / "jca.yaml")


async def found(wanted: Settings) -> dict[str, Finding]:
    catalog = await provisioning.catalog_at_rest(wanted)
    return {finding.name: finding async for finding in source_checks.examine(wanted, catalog)}


async def test_a_source_that_can_do_everything_is_one_line(tmp_path: Path, github: FakeGitHub) -> None:
    access = {"github": {"token": github.world.add_token("octocat"), "api_url": github.url}}

    findings = await found(settings(tmp_path, access=access))

    assert [(name, finding.ok) for name, finding in findings.items()] == [("source github", True)]
    assert "personal token" in findings["source github"].detail


async def test_each_missing_permission_is_a_line_with_its_remedy(tmp_path: Path, github: FakeGitHub) -> None:
    token = github.world.add_token("octocat", {"metadata": "read", "contents": "write"})

    findings = await found(settings(tmp_path, access={"github": {"token": token, "api_url": github.url}}))

    assert set(findings) == {"source github, issues", "source github, pull_requests"}
    assert all(not finding.ok and finding.remedy and not finding.optional for finding in findings.values())
    assert token not in str(findings)


async def test_a_source_without_access_works_but_is_mentioned(tmp_path: Path) -> None:
    secret = ["a-secret-of-this-test"]
    sources = [{"name": kind, "kind": kind, "secrets": secret} for kind in ("github", "jira", "local")]

    findings = await found(settings(tmp_path, sources=sources))

    assert {name: (finding.ok, finding.optional) for name, finding in findings.items()} == {
        "source github": (False, True),
        "source jira": (False, True),
    }


async def test_what_the_ledger_has_is_opened_with_the_key_of_this_machine(tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    migrate.upgrade(wanted.ledger_url)
    ledger = Ledger.open(wanted.ledger_url)
    async with serving("data_center") as jira:
        jira.state.add_user(User("jca", "JCA", "the-token"))
        stored = seal("jira", JiraAccess(url=jira.url, token=SecretStr("the-token")), common.secret_vault(wanted))
        await ledger.write(configuration.put_access, stored)
        await ledger.close()
        findings = await found(wanted)
        (tmp_path / "secret-key").write_text("another-key")
        locked = await found(wanted)

    assert findings["source jira"].ok
    assert (locked["source jira"].ok, "another key" in locked["source jira"].detail) == (False, True)
