"""From an issue on GitHub to a pull request there: an App, signed webhooks, git over https, real processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.fakes.github.server import APP_ID, EVERYTHING
from tests.fakes.github.world import Repository
from tests.support import leaks, tls
from tests.support.code_host import CodeHost, serving
from tests.support.deliveries import SECRET
from tests.support.installation import Installation, until

NAME = "acme/shop"
BLOCK = "[JCA]\nprovider=scripted\n[/JCA]"


@pytest.fixture
async def host(installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CodeHost]:
    """GitHub with the sample repository, where alice may write and the App is installed; JCA knows of it."""
    certificate = tls.certificate(tmp_path)
    for name in ("SSL_CERT_FILE", "GIT_SSL_CAINFO"):
        monkeypatch.setenv(name, str(certificate))
    async with serving(tmp_path / "served", certificate) as server:
        url = server.clone_of(installation.repository, NAME)
        world = server.github.world
        world.accounts["alice"] = "User"
        shop = world.repositories[NAME]
        shop.labels, shop.collaborators = ["jca"], {"alice": "write"}
        key = server.github.make_app()
        world.install(NAME, **EVERYTHING)
        _configure(installation, url, {"app_id": APP_ID, "private_key": key, "api_url": server.url})
        server.github.hooks.send_to(f"http://127.0.0.1:{installation.webhook_port}/webhooks/github", SECRET)
        yield server


def _configure(installation: Installation, url: str, access: dict[str, str]) -> None:
    file = installation.directory / "jca.yaml"
    configuration: dict[str, Any] = yaml.safe_load(file.read_text())
    configuration["repositories"][0]["url"] = url
    file.write_text(yaml.safe_dump(configuration | {"access": {"github": access}}))


def shop_of(host: CodeHost) -> Repository:
    return host.github.world.repositories[NAME]


def _to_push(host: CodeHost) -> list[str]:
    """The tokens that git could push with now."""
    tokens = host.github.world.tokens.values()
    return [token.value for token in tokens if token.permissions and token.permissions.get("contents") == "write"]


async def test_a_labelled_issue_becomes_a_pull_request_with_a_report(
    installation: Installation, host: CodeHost
) -> None:
    await asyncio.to_thread(installation.start_model)
    await asyncio.to_thread(installation.up)
    text = f"Round them half up.\n\n{BLOCK}"
    issue = await host.github.people.open_issue(shop_of(host), "alice", "Discounts are rounded down", text, ("jca",))

    def last_words() -> str | None:
        succeeded = [job for job in installation.get("jobs")["jobs"] if job["status"] == "succeeded"]
        said = issue.comments[-1].body if issue.comments else ""
        return said if succeeded and shop_of(host).checks and "/pull/" in said else None

    said = await asyncio.to_thread(until, last_words, "the report on the issue")

    (pull,) = shop_of(host).pulls.values()
    assert len(issue.comments) == 1
    assert f"/pull/{pull.number}" in said
    assert pull.sha == host.git(NAME, "rev-parse", pull.head)
    assert (pull.base, pull.user) == ("main", "jca-fake[bot]")
    assert [check.conclusion for check in shop_of(host).checks] == ["success"]
    assert {service for service, _ in host.shown} == {"git-upload-pack", "git-receive-pack"}
    lent = {f"token {number}": password for number, (_, password) in enumerate(host.shown)}
    assert all(password.startswith("ghs_") for password in lent.values())
    await asyncio.to_thread(until, lambda: not _to_push(host), "the end of the token to push")
    installation.end()
    assert leaks.found(lent, leaks.files(installation.directory / "state")) == []
