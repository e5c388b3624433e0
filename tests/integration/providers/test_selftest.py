"""Readiness is proven by doing, and the first thing that fails is named with its remedy."""

from __future__ import annotations

import asyncio
import socket
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from jobs.catalog import AuthMode
from jobs.readiness import Readiness, State, Step
from tests.fakes import model_endpoint as fake
from worker.demo import model as demo
from worker.providers.selftest import self_test
from worker.serving import serving

CALL = fake.calls(("self_test", {"word": "ready"}))
FINISH = fake.finishes("ok")
STEPS = ["reach", "authenticate", "model exists", "forced tool call", "structured finish"]


def listing(*names: str) -> fake.Answer:
    return fake.gives(200, {"object": "list", "data": [{"id": name} for name in names]})


async def readiness_of(
    script: list[fake.Answer], models: fake.Answer | None = None, model: str = fake.MODEL, **changes: object
) -> tuple[Readiness, fake.Endpoint]:
    async with fake.serving(script, models) as endpoint:
        return await self_test(endpoint.profile(**changes), model, worker="here"), endpoint


async def test_endpoint_that_does_everything_is_ready_for_ten_minutes() -> None:
    readiness, endpoint = await readiness_of([CALL, FINISH])

    assert readiness.ready
    assert [step.name for step in readiness.steps] == STEPS
    assert all(step.ok and step.milliseconds > 0 and step.detail.endswith(".") for step in readiness.steps)
    assert (readiness.account, readiness.model, readiness.worker) == ("fake", fake.MODEL, "here")
    assert readiness.expires_at - readiness.checked_at == timedelta(minutes=10)
    called, finished = endpoint.requests
    assert called["tool_choice"]["function"]["name"] == "self_test"
    assert finished["tool_choice"]["function"]["name"] == "finish"
    assert [message["role"] for message in finished["messages"]] == ["user", "assistant", "tool", "user"]


async def test_demo_model_passes() -> None:
    async with serving(demo.create_model_app(), host="127.0.0.1") as address:
        profile = fake.Endpoint(url=f"http://{address}").profile(default_model=demo.MODEL)
        readiness = await self_test(profile, demo.MODEL, worker="here")

    assert readiness.ready, readiness.reason


BLOCKED = {
    "key refused at the list": (fake.fails(401, "bad key"), [], "authenticate", "bad key"),
    "rate limited at the list": (fake.fails(429, "slow down"), [], "authenticate", "slow down"),
    "endpoint broken": (fake.fails(502, "bad gateway"), [], "reach", "502"),
    "redirect elsewhere": (fake.gives(302, {}, {"Location": "http://127.0.0.2:9/"}), [], "reach", "redirects"),
    "model missing": (listing("fake-codex", "other"), [], "model exists", "fake-codex and other"),
    "no model at all": (listing(), [], "model exists", "nothing"),
    "words instead of the call": (None, [fake.says("Sure, I will.")], "forced tool call", "Sure, I will."),
    "arguments of another form": (None, [fake.calls(("self_test", {"x": 1}))], "forced tool call", "do not fit"),
    "unreadable arguments": (None, [fake.calls(("self_test", "{oops"))], "forced tool call", "do not fit"),
    "tools not supported": (None, [fake.fails(400, "no tools here")], "forced tool call", "no tools here"),
    "key refused at the call": (None, [fake.fails(401, "bad key")], "forced tool call", "bad key"),
    "server error at the call": (None, [fake.fails(500, "boom")], "forced tool call", "boom"),
    "garbage at the call": (None, [fake.text("<html>")], "forced tool call", "JSON"),
    "no finish": (None, [CALL, fake.says("bye")], "structured finish", "bye"),
    "finish of another form": (None, [CALL, fake.calls(("finish", {"done": "maybe"}))], "structured finish", "fit"),
}


@pytest.mark.parametrize(("models", "script", "step", "words"), BLOCKED.values(), ids=list(BLOCKED))
async def test_first_failure_is_named_and_ends_the_test(
    models: fake.Answer | None, script: list[fake.Answer], step: str, words: str
) -> None:
    readiness, endpoint = await readiness_of(script, models)

    assert readiness.state is State.BLOCKED
    last = readiness.steps[-1]
    assert (last.name, last.ok) == (step, False)
    assert words in last.detail
    assert last.remedy
    assert all(earlier.ok for earlier in readiness.steps[:-1])
    assert readiness.reason.startswith(step)
    assert readiness.expires_at - readiness.checked_at == timedelta(seconds=30)
    assert len(endpoint.requests) == len(script)


@pytest.mark.parametrize("models", [fake.fails(404, "no such path"), fake.gives(405, {}), fake.text("hello")])
async def test_endpoint_without_a_list_of_models_is_no_failure_and_it_is_said(models: fake.Answer) -> None:
    readiness, _ = await readiness_of([CALL, FINISH], models)

    assert readiness.ready
    assert "keeps no list of models" in readiness.steps[2].detail


async def test_near_miss_of_a_model_name_is_pointed_out() -> None:
    readiness, _ = await readiness_of([], listing("fake-coder-2"))

    assert "Did you mean fake-coder-2?" in readiness.steps[-1].remedy


async def test_tag_of_a_model_may_be_left_out() -> None:
    readiness, _ = await readiness_of([CALL, FINISH], listing(f"{fake.MODEL}:latest"))

    assert readiness.ready


async def test_listing_of_any_shape_is_read_without_falling_over() -> None:
    odd = fake.gives(200, {"data": [None, 7, {"id": 3}, {"name": "x"}, {"id": fake.MODEL}]})
    readiness, _ = await readiness_of([CALL, FINISH], odd)

    assert readiness.ready


async def test_nothing_listening_is_said_with_the_address() -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        profile = fake.Endpoint(url=f"http://127.0.0.1:{bound.getsockname()[1]}").profile()
        readiness = await self_test(profile, fake.MODEL, worker="here")

    assert [step.name for step in readiness.steps] == ["reach"]
    assert profile.base_url in readiness.reason
    assert "base URL" in readiness.steps[0].remedy


async def test_hanging_list_ends_in_time() -> None:
    readiness, _ = await readiness_of([], fake.hangs(), request_timeout=0.3)

    assert readiness.steps[-1].name == "reach"
    assert "did not answer" in readiness.reason


async def test_missing_key_is_said_before_anything_is_called() -> None:
    readiness, endpoint = await readiness_of([CALL, FINISH], auth_mode=AuthMode.BEARER)

    assert readiness.steps[-1].name == "authenticate"
    assert "has no key" in readiness.reason
    assert endpoint.requests == []


async def test_key_does_not_leave_with_a_redirect() -> None:
    seen: list[dict[str, str]] = []

    async def other(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        seen.append(dict(request.headers))
        return web.json_response({"data": [{"id": fake.MODEL}]})

    async with fake.serving([CALL, FINISH], other) as elsewhere:
        away = fake.gives(307, {}, {"Location": f"{elsewhere.url}/v1/models"})
        readiness, _ = await readiness_of([], away, auth_mode=AuthMode.BEARER, api_key="secret-of-this-test")

    assert not readiness.ready
    assert seen == []


async def test_key_is_not_in_what_is_reported() -> None:
    key = "very-private-key-of-a-test"
    readiness, _ = await readiness_of([], fake.fails(401, f"unknown key {key}"), auth_mode=AuthMode.BEARER, api_key=key)

    assert key not in readiness.model_dump_json()


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/v1",
        "http://[fd00:ec2::254]/v1",
        "http://metadata.google.internal/v1",
        "http://METADATA.google.internal./v1",
        "http://2852039166/v1",
        "http://0xa9.0xfe.0xa9.0xfe/v1",
        "http://[::ffff:169.254.169.254]/v1",
    ],
)
async def test_metadata_services_are_refused_in_every_notation(url: str) -> None:
    profile = fake.Endpoint().profile(base_url=url)
    readiness = await self_test(profile, fake.MODEL, worker="here")

    assert [step.name for step in readiness.steps] == ["reach"]
    assert "metadata" in readiness.reason


async def test_steps_are_reported_one_by_one_while_the_test_runs() -> None:
    reported: list[Step] = []
    first = asyncio.Event()

    async def report(step: Step) -> None:
        reported.append(step)
        first.set()

    async def waits(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        await first.wait()
        return await CALL(request, body)

    async with fake.serving([waits, FINISH]) as endpoint:
        readiness = await self_test(endpoint.profile(), fake.MODEL, worker="here", report=report)

    assert tuple(reported) == readiness.steps
