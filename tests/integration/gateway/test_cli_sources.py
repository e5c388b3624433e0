"""`jca sources` with access to trackers, as a real process against a gateway that runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

from jobs.ledger import configuration
from tests.fakes.github.server import APP_ID, EVERYTHING, running
from tests.fakes.jira.server import serving
from tests.fakes.jira.state import User
from tests.integration.gateway.test_cli_commands import jca
from tests.support.gateway.api import PAYMENTS, Running


async def test_an_app_is_added_by_its_key_file_and_every_permission_is_tried(gateway: Running, tmp_path: Path) -> None:
    async with running() as github:
        github.world.add_repository("acme/payments")
        key = tmp_path / "app.pem"
        key.write_text(github.make_app())
        github.world.install("acme/payments", **EVERYTHING | {"checks": "read"})
        payments = PAYMENTS.model_copy(update={"url": "ssh://git@127.0.0.1/acme/payments"})
        await gateway.services.ledger.write(configuration.put_repository, payments)

        options = ("--app-id", APP_ID, "--private-key-file", str(key), "--api-url", github.url)
        added = await jca(gateway, "sources", "add", "github", *options)
        tried = await jca(gateway, "sources", "test", "github")
        listed = await jca(gateway, "sources", "list", "--json")

    assert (added.code, added.err) == (0, "")
    assert f"App {APP_ID} at {github.url}" in added.out
    assert tried.code == 3
    assert "✓ authenticate: as jca-fake[bot]" in tried.out
    assert "✓ pull_requests: write, in 1 repository" in tried.out
    assert "✕ checks: write is missing in acme/payments" in tried.out
    assert "→ Give the App (then accept it for the installation) checks: write" in tried.out
    assert "PRIVATE KEY" not in added.out + tried.out + listed.out
    assert json.loads(listed.out)[0]["address"].endswith("/webhooks/github")


async def test_a_token_of_jira_is_read_from_standard_input(gateway: Running) -> None:
    async with serving("cloud") as jira:
        jira.state.add_user(User("jca", "JCA", "the-token-of-jira", "jca@acme.example"))
        options = ("--url", jira.url, "--email", "jca@acme.example", "--token-stdin")
        added = await jca(gateway, "sources", "add", "jira", *options, text="the-token-of-jira\n")
        tried = await jca(gateway, "sources", "test", "jira", "--json")

    assert (added.code, added.err) == (0, "")
    assert f"jca@acme.example at {jira.url}" in added.out
    assert "the-token-of-jira" not in added.out
    assert re.search(r"repositories +none yet", added.out)
    assert "`jca sources set jira --repo ALIAS`" in added.out
    assert tried.code == 0
    assert [step["name"] for step in json.loads(tried.out)][:3] == ["reach", "authenticate", "Browse Projects"]


async def test_a_source_without_access_says_what_that_means(gateway: Running) -> None:
    added = await jca(gateway, "sources", "add", "github")
    tried = await jca(gateway, "sources", "test", "github")

    assert "reports are kept here" in added.out
    assert tried.code == 2
    assert "no access to a tracker named github" in tried.err


async def test_access_of_another_kind_is_refused_without_repeating_its_secret(gateway: Running) -> None:
    wanted = {"kind": "jira", "access": {"token": "the-secret-token"}}

    answer = await gateway.post("sources", wanted, code=400)

    assert "access to github" in answer["message"]
    assert "the-secret-token" not in json.dumps(answer)


async def test_a_removed_source_takes_its_access_along(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github", "access": {"token": "t"}})

    assert (await gateway.client.delete("sources/github")).json() == {"unread": 0, "decided": 0, "consequences": []}
    assert await gateway.services.ledger.read(configuration.access) == []
