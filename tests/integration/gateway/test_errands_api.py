"""Errands through the JSON API and the command line, with a worker that does them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from jobs.errand import Errand, ErrandEnd, ErrandStep
from jobs.queue.errand_worker import ErrandWorker, Report
from tests.support.gateway.api import KEY, Running
from worker.cli.client import events
from worker.serving import ended

STEPS = (
    ErrandStep(name="reach", detail="Asking."),
    ErrandStep(name="reach", ok=True, detail="It answers.", milliseconds=12),
    ErrandStep(name="authenticate", ok=False, detail="401 bad key", remedy="Check the key.", milliseconds=3),
)
FAILED = ErrandEnd(ok=False, sentence="authenticate: 401 bad key", remedy="Check the key.")


@asynccontextmanager
async def worker(gateway: Running, name: str = "worker-1", end: ErrandEnd = FAILED) -> AsyncIterator[list[Errand]]:
    """A worker that is there and says the same about everything."""
    done: list[Errand] = []

    async def perform(errand: Errand, report: Report) -> ErrandEnd:
        done.append(errand)
        for step in STEPS:
            await report(step)
        return end

    await gateway.services.presence.publish(name, [], 60)
    task = asyncio.create_task(ErrandWorker(gateway.redis, name, perform).serve())
    yield done
    await ended(task)


async def followed(gateway: Running, errand_id: str, after: str = "") -> list[tuple[str, str, dict[str, object]]]:
    headers = {"Last-Event-ID": after} if after else {}
    answer = await gateway.client.get(f"errands/{errand_id}/events", headers=headers)
    assert answer.headers["Content-Type"] == "text/event-stream"
    return [(event.id, event.name, json.loads(event.data)) for event in events(iter(answer.text.split("\n")))]


async def test_a_provider_is_tested_live_and_it_is_written_down_who_asked(gateway: Running) -> None:
    async with worker(gateway) as done:
        asked = await gateway.post("providers/local-model/test", {"model": "tiny"}, code=202)
        heard = await followed(gateway, asked["id"])

        assert (asked["worker"], asked["arguments"]) == ("worker-1", {"provider": "local-model", "model": "small"})
        assert [name for _, name, _ in heard] == ["step", "step", "step", "end"]
        assert [word.get("ok") for _, _, word in heard] == [None, True, False, False]
        assert [entry[1:] for entry in await followed(gateway, asked["id"], heard[1][0])] == [
            entry[1:] for entry in heard[2:]
        ]
        progress = await gateway.get(f"errands/{asked['id']}")
        assert progress["end"] == FAILED.model_dump()
        assert [step["name"] for step in progress["steps"]] == ["reach", "authenticate"]
        assert await gateway.acts() == [("api", "provider.test", "local-model")]
        assert [errand.id for errand in done] == [asked["id"]]
        assert KEY not in str(asked) + str(progress)


async def test_a_repository_is_fetched_by_the_worker_that_is_named(gateway: Running) -> None:
    await gateway.services.presence.publish("aaa", [], 60)
    async with worker(gateway) as done:
        asked = await gateway.post("repositories/locked/test", {"worker": "worker-1"}, code=202)
        await followed(gateway, asked["id"])

    assert done[0].arguments == {"alias": "locked", "url": "https://git.example/acme/locked", "branch": "main"}
    assert await gateway.acts() == [("api", "repository.test", "locked")]


@pytest.mark.parametrize(
    ("path", "body", "code", "said"),
    [
        ("providers/skynet/test", {}, 404, "no provider skynet"),
        ("repositories/nowhere/test", {}, 404, "no repository nowhere"),
        ("providers/local-model/test", {"worker": "gone"}, 503, "No worker gone is connected."),
        ("providers/local-model/test", {"modle": "x"}, 400, "modle: "),
    ],
)
async def test_what_cannot_be_asked_is_refused_at_once(
    gateway: Running, path: str, body: dict[str, str], code: int, said: str
) -> None:
    await gateway.services.presence.publish("worker-1", [], 60)
    answer = await gateway.post(path, body, code=code)

    assert said in answer["message"]
    assert await gateway.acts() == []


async def test_the_page_says_the_same_when_its_form_comes_too_late(gateway: Running) -> None:
    await gateway.services.presence.publish("worker-2", [], 60)
    address = f"http://{gateway.address}/providers/local-model/test"
    answer = await gateway.client.post(address, data={"worker": "gone"}, headers={"Sec-Fetch-Site": "same-origin"})
    foreign = await gateway.client.post(address, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 503
    assert "No worker gone is connected." in answer.text
    assert "Connected: worker-2." in answer.text
    assert foreign.status_code == 403
    assert await gateway.acts() == []


async def test_without_any_worker_the_remedy_is_said(gateway: Running) -> None:
    answer = await gateway.post("providers/local-model/test", {}, code=503)

    assert answer == {
        "error": "not_ready",
        "message": "No worker is connected.",
        "remedy": "Start one with `jca up` or `jca executor`.",
    }


async def test_an_errand_nobody_asked_for_is_not_found(gateway: Running) -> None:
    assert (await gateway.get("errands/nothing", 404))["error"] == "not_found"
    assert (await gateway.client.get("errands/nothing/events")).status_code == 404


async def jca(gateway: Running, *arguments: str) -> tuple[int, str, str]:
    state = str(gateway.services.settings.state_dir)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "worker", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"JCA_STATE_DIR": state, "JCA_GATEWAY_URL": f"http://{gateway.address}"},
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, out.decode(), err.decode()


async def test_the_command_line_shows_each_step_with_its_remedy_and_exits_with_the_outcome(gateway: Running) -> None:
    absent = await jca(gateway, "providers", "test", "local-model")
    assert absent[0] == 3
    assert "No worker is connected." in absent[2]

    async with worker(gateway):
        code, out, err = await jca(gateway, "providers", "test", "local-model")
        assert (code, err) == (1, "On worker-1:\n")
        assert [line.strip() for line in out.splitlines()] == [
            "● reach: Asking.",
            "✓ reach: It answers. (12 ms)",
            "✕ authenticate: 401 bad key (3 ms)",
            "→ Check the key.",
            "✕ authenticate: 401 bad key",
            "→ Check the key.",
        ]
    async with worker(gateway, "worker-2", ErrandEnd(ok=True, sentence="locked: main is at 1234.")):
        code, out, _ = await jca(gateway, "repos", "test", "locked", "--worker", "worker-2", "--json")
        assert code == 0
        assert json.loads(out)["end"]["sentence"] == "locked: main is at 1234."
