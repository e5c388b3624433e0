"""`jca replay`: a recorded delivery reaches the receiver again, signed, and what became of it is said."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from jobs.catalog import Workspace
from jobs.ledger import configuration, records
from jobs.ledger.records import Filter
from tests.integration.gateway.test_cli_commands import jca
from tests.support.gateway import api
from tests.support.gateway.api import PAYMENTS, Running
from webhooks.app import create_app, serving

TICKET = {"key": "PAY-7", "title": "Mend it", "body": "[JCA]\nmodel=small\n[/JCA]"}
LOCAL = {
    "headers": {"X-JCA-Delivery": "first", "X-JCA-Signature-256": "sha256=00", "Host": "evil.example"},
    "body": {"version": 1, "ticket": TICKET, "actor": {"id": "mira"}},
}


@pytest.fixture
async def gateway(tmp_path: Path, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Running]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        monkeypatch.setenv("JCA_WEBHOOK_PORT", str(probe.getsockname()[1]))
    async with api.running(tmp_path / "state", valkey_url) as running:
        await running.services.ledger.write(configuration.put_repository, PAYMENTS)
        yield running


@pytest.fixture
async def receiver(gateway: Running) -> AsyncIterator[None]:
    services = gateway.services

    async def workspace() -> Workspace:
        return (await services.catalog()).workspace

    async def wake() -> None:
        """Nobody triages here."""

    app = create_app(services.ledger, services.settings, services.vault, wake, workspace)
    async with serving(app, "127.0.0.1", services.settings.webhook_port):
        yield


async def jobs_of(gateway: Running) -> list[str]:
    return [job.id for job in await gateway.services.ledger.read(records.listing, Filter())]


async def replayed(gateway: Running, recorded: dict[str, Any], *, again: bool = False) -> Any:  # noqa: ANN401 - JSON
    return await gateway.post("deliveries/replay", recorded | {"source": "local", "again": again})


@pytest.mark.usefixtures("receiver")
async def test_a_delivery_is_sent_signed_and_repeated_once(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "local", "repositories": ["payments"]})

    first = await replayed(gateway, LOCAL)
    repeated = await replayed(gateway, LOCAL)
    again = await replayed(gateway, LOCAL, again=True)

    (job,) = await jobs_of(gateway)
    assert (first["status"], first["answer"]["status"], first["answer"]["job"]) == (202, "accepted", job)
    assert (repeated["status"], repeated["answer"]["status"]) == (200, "duplicate")
    assert (again["answer"]["status"], again["answer"]["reason"]) == ("duplicate", "job_unfinished")
    assert [action for _, action, _ in await gateway.acts()][:3] == ["delivery.replay"] * 3


@pytest.mark.usefixtures("receiver")
async def test_a_delivery_of_the_log_is_sent_again_by_its_id(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "local", "repositories": ["payments"]})
    await replayed(gateway, LOCAL)
    [kept] = (await gateway.get("deliveries"))["deliveries"]

    done = await jca(gateway, "replay", kept["id"])

    assert (done.code, done.out.splitlines()[0]) == (0, "○ 200 duplicate: job_unfinished")
    assert len((await gateway.get("deliveries"))["deliveries"]) == 2


async def test_a_delivery_that_is_not_kept_is_not_sent_again(gateway: Running) -> None:
    answer = await gateway.post(f"deliveries/{'0' * 26}/replay", {}, code=404)

    assert answer["error"] == "not_found"


@pytest.mark.usefixtures("receiver")
async def test_what_github_shows_of_a_delivery_is_taken_as_it_is(gateway: Running, tmp_path: Path) -> None:
    await gateway.post("sources", {"kind": "github", "actors": ["octocat"]})
    payload = {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "App"}}
    headers = {"X-GitHub-Event": "ping", "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    file = tmp_path / "delivery.json"
    file.write_text(json.dumps({"id": 12345, "request": {"headers": headers, "payload": payload}}))

    done = await jca(gateway, "replay", str(file))

    assert (done.code, done.err) == (0, "")
    assert "○ 200 ignored: ping" in done.out


@pytest.mark.usefixtures("receiver")
async def test_what_the_receiver_refuses_is_said_and_exits_with_1(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "local", "repositories": ["payments"]})

    done = await jca(gateway, "replay", "-", text=json.dumps(LOCAL | {"body": {"version": 2}}))

    assert done.code == 1
    assert done.out.startswith("✕ 400 error: ")
    assert await jobs_of(gateway) == []


async def test_a_receiver_that_is_away_is_said_with_the_way_to_start_it(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "local", "repositories": ["payments"]})

    answer = await gateway.post("deliveries/replay", LOCAL | {"source": "local"}, code=503)

    assert answer["error"] == "try_again"
    assert "The receiver does not answer" in answer["message"]
    assert "jca webhooks" in answer["remedy"]


async def test_a_source_that_is_not_there_is_named(gateway: Running) -> None:
    answer = await gateway.post("deliveries/replay", LOCAL | {"source": "nowhere"}, code=404)

    assert "no source nowhere" in answer["message"]
