"""No secret leaves the place it is kept in, whatever runs and whatever fails."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.support import bearer_model, leaks
from tests.support.installation import ENDED, Installation, until

KEY = "recognisable.provider.key.3f1c9a7be2"  # looks like no known kind of key, so only its value gives it away
TOKEN = "recognisable.tracker.token.77ab20c1f4"
BLOCK = "[JCA]\nprovider=openai-compatible\nmodel=scripted-demo\n[/JCA]"
ROOT = "/api/v1"
QUERIES = {"ticket": "K-1", "source": "tickets"}
"""Values of what must be asked for."""
TABS = ("log", "ticket", "changes", "validation", "history", "report", "raw")


@dataclass
class Kept:
    """A running installation and what it must keep to itself."""

    installation: Installation
    watch: leaks.Watch
    webhook_secret: str

    @property
    def state(self) -> Path:
        return self.installation.directory / "state"

    @property
    def secrets(self) -> dict[str, str]:
        """Every secret by its name; those with a file of their own under the name of the file."""
        files = ("api-token", "cluster-token", "webhook-key", "secret-key")
        made = {name: (self.state / name).read_text() for name in files}
        return {"provider key": KEY, "tracker token": TOKEN, "webhook secret": self.webhook_secret, **made}

    def send(self, key: str, words: str = "") -> str:
        """Send a ticket through the source of the ledger; returns the job."""
        ticket = {
            "key": key,
            "title": "Discounts are rounded down",
            "body": f"{words}\n\n{BLOCK}",
            "repository": "shop",
        }
        raw = json.dumps({"version": 1, "ticket": ticket, "actor": {"id": "alice"}}).encode()
        signature = hmac.new(self.webhook_secret.encode(), raw, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-JCA-Delivery": key,
            "X-JCA-Signature-256": f"sha256={signature}",
        }
        url = f"http://127.0.0.1:{self.installation.webhook_port}/webhooks/tickets"
        answer = httpx.post(url, content=raw, headers=headers, trust_env=False)
        assert answer.status_code == 202, answer.text
        return str(answer.json()["job"])

    def shown(self, *jobs: str) -> Iterator[tuple[str, bytes]]:
        """Every page, and every answer of the API that can be read, as their readers get them."""
        headers = {"Authorization": f"Bearer {self.secrets['api-token']}"}
        base = f"http://127.0.0.1:{self.installation.port}"
        with httpx.Client(base_url=base, trust_env=False, headers=headers) as client:
            for path in [*self._pages(jobs), *_readable(client, jobs)]:
                with client.stream("GET", path) as answer:
                    assert answer.status_code == 200, f"{path}: {answer.status_code}"
                    stream = answer.headers["Content-Type"].startswith("text/event-stream")
                    yield path, next(answer.iter_bytes(), b"") if stream else answer.read()

    def _pages(self, jobs: tuple[str, ...]) -> Iterator[str]:
        yield from ("/queue", "/queue?show=ended", "/providers", "/repositories", "/repositories/shop")
        yield from ("/settings", "/audit")
        for job in jobs:
            ticket = self.installation.job(job)["ticket"]
            yield f"/tickets/{ticket['source']}/{quote(ticket['key'], safe='')}"
            yield from (f"/jobs/{job}?tab={tab}" for tab in TABS)
            yield from (f"/jobs/{job}/log.txt", f"/jobs/{job}/changes.diff")

    def kept(self) -> Iterator[tuple[str, bytes]]:
        """Everything that is written down, but each secret in the file that is its own."""
        secrets = self.secrets
        for path, content in leaks.files(self.state):
            yield path, b"" if content.decode("utf-8", "replace") == secrets.get(path) else content
        yield from leaks.ledger(self.state / "ledger.db")
        yield from leaks.git_objects(self.installation.directory)


def _readable(client: httpx.Client, jobs: tuple[str, ...]) -> Iterator[str]:
    """What the API's own description says can be read."""
    described = client.get(f"{ROOT}/openapi.json").json()["paths"]
    errand = client.post(f"{ROOT}/providers/openai-compatible/test", json={}).raise_for_status().json()["id"]
    names = {"job": jobs, "id": jobs, "name": ("openai-compatible",), "alias": ("shop",)}
    special = {"errands": (errand,), "sources": ("tickets",)}
    for path, operations in described.items():
        if "get" not in operations:
            continue
        place = re.search(r"\{(\w+)\}", path)
        asked = [one["name"] for one in operations["get"].get("parameters", []) if one.get("required")]
        query = "&".join(f"{name}={QUERIES[name]}" for name in asked if name in QUERIES)
        values = special.get(path.split("/")[1], names[place[1]]) if place else ("",)
        for value in values:
            yield f"{ROOT}{path.replace(place[0], value) if place else path}?{query}"


@pytest.fixture
def kept(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    """An installation with every kind of secret, watched from its start."""
    monkeypatch.setenv("JCA_OPENAI_COMPATIBLE_BASE_URL", f"http://127.0.0.1:{installation.model_port}/v1")
    monkeypatch.setenv("JCA_OPENAI_COMPATIBLE_MODEL", "scripted-demo")
    monkeypatch.setenv("JCA_OPENAI_COMPATIBLE_AUTH_MODE", "bearer")
    monkeypatch.setenv("JCA_OPENAI_COMPATIBLE_API_KEY", KEY)
    monkeypatch.setenv("JCA_JIRA_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("JCA_JIRA_API_TOKEN", TOKEN)
    monkeypatch.setenv("JCA_LOG_LEVEL", "debug")
    installation.start("-m", "tests.support.bearer_model", str(installation.model_port))
    with leaks.Watch(installation.up().pid) as watch:
        added = installation.jca("sources", "add", "local", "--name", "tickets", "--repo", "shop", "--json")
        assert added.returncode == 0, added.stderr
        yield Kept(installation, watch, json.loads(added.stdout)["secret"])


def test_a_run_leaves_no_secret_behind_and_shows_none(kept: Kept) -> None:
    job = kept.send("K-1")
    assert kept.installation.until_ended(job)["status"] == "succeeded"

    assert leaks.found(kept.secrets, kept.kept()) == []
    assert leaks.found(kept.secrets, kept.shown(job)) == []
    log = ["git", "--git-dir", str(kept.installation.repository), "log", "-p", "--all"]
    pushed = subprocess.run(log, check=True, capture_output=True).stdout
    assert job.encode() in pushed
    assert leaks.found(kept.secrets, [("the branch", pushed)]) == []

    commands = b"\n".join(kept.watch.command_lines)
    assert all(part in commands for part in (b"webhooks", b"executor", b"bwrap", b"unittest", b"push"))
    assert leaks.found(kept.secrets, [("an argument list", commands)]) == []
    environments = b"\n".join(kept.watch.sandboxed)
    assert b"HOME=/home/agent" in environments
    assert leaks.found(kept.secrets, [("the sandbox's environment", environments)]) == []

    kept.installation.end()  # what was still in memory is on disk now
    assert leaks.found(kept.secrets, kept.kept()) == []


def test_an_endpoint_that_repeats_the_key_is_not_repeated(kept: Kept) -> None:
    for fault in (bearer_model.BABBLES, bearer_model.FAILS, bearer_model.REFUSES):
        job = kept.send(f"K-{fault}", fault)
        ended = kept.installation.until_ended(job)

        assert ended["status"] in ENDED
        assert leaks.found(kept.secrets, kept.shown(job)) == []
        assert leaks.found(kept.secrets, kept.kept()) == []
        said = until(lambda: kept.installation.get(f"jobs/{job}")["reason"], "a reason")  # noqa: B023 - looked at here
        assert KEY not in said["sentence"]
