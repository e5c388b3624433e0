"""Records of `/api/v1`, and how every operation of it refuses and fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.job import Status
from tests.support.gateway import api
from tests.support.gateway.api import Running, job
from tests.support.valkey import Valkey


async def test_the_audit_is_paged_newest_first(gateway: Running) -> None:
    for alias in ("one", "two", "three"):
        await gateway.post("repositories", {"alias": alias, "url": "https://git.example/x"})

    first = await gateway.get("audit", limit=2)
    second = await gateway.get("audit", limit=2, before=first["next"])

    assert [entry["subject"] for entry in (*first["entries"], *second["entries"])] == ["three", "two", "one"]
    assert second["next"] is None


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("jobs?limit=201", "limit: "),
        ("jobs?limit=x", "limit: "),
        ("jobs?status=sleeping", "status: "),
        ("jobs?colour=red", "colour: "),
        ("audit?before=me", "before: "),
    ],
)
async def test_a_query_that_cannot_be_used_is_named(gateway: Running, path: str, said: str) -> None:
    answer = await gateway.client.get(path)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(said)


@pytest.mark.parametrize(
    "path", ["jobs/nothing", "jobs/nothing/log", "jobs/nothing/events", "jobs/nothing/diff", "nowhere"]
)
async def test_what_does_not_exist_is_said_in_json(gateway: Running, path: str) -> None:
    assert (await gateway.get(path, 404))["error"] == "not_found"


async def test_a_body_has_a_limit(gateway: Running) -> None:
    answer = await gateway.client.post("resolve", json={"text": "x" * 3_000_000})

    assert answer.status_code == 413
    assert answer.json()["error"] == "request_entity_too_large"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
async def test_a_body_that_is_no_json_object_is_refused(gateway: Running, content: bytes) -> None:
    answer = await gateway.client.post("repositories", content=content)

    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_input"


async def test_nothing_is_answered_without_the_token(gateway: Running) -> None:
    for method, path in (("GET", "jobs"), ("GET", "openapi.json"), ("POST", "resolve")):
        answer = await gateway.client.request(method, path, headers={"Authorization": "Bearer wrong"})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


async def test_the_description_is_served_and_speaks_of_every_route(gateway: Running) -> None:
    described = await gateway.get("openapi.json")

    assert described["openapi"] == "3.1.0"
    assert {"/jobs", "/jobs/{id}/cancel", "/resolve", "/sources/{name}/rotate"} <= set(described["paths"])


async def test_an_outage_of_the_queue_is_said_as_such(tmp_path: Path, valkey: Valkey) -> None:
    async with api.running(tmp_path / "state", valkey.url) as gateway:
        queued = await gateway.dispatched(job())
        valkey.kill()

        answer = await gateway.post(f"jobs/{queued.id}/cancel", code=503)
        assert answer["error"] == "try_again"
        assert (await gateway.read(queued)).status is Status.QUEUED
        assert (await gateway.get("jobs"))["jobs"][0]["id"] == queued.id
