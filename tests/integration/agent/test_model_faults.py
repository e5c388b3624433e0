"""Every way a model can fail ends the run with its own reason."""

from __future__ import annotations

import asyncio
import socket
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from jobs import errors
from jobs.catalog import AuthMode
from jobs.order import Limits
from jobs.reasons import Code
from tests.fakes import model_endpoint as fake
from tests.fakes.workbench import DirectoryWorkspace, Recorder
from worker.agent.budget import Budget
from worker.agent.loop import Conversation, run_agent
from worker.agent.task import Task
from worker.agent.trajectory import Trajectory
from worker.providers import registry

KEY = "very-private-key-of-a-test"
CUT = '{"summary": "I was about to'
QUOTA = fake.fails(429, "You exceeded your current quota", code="insufficient_quota")
TOO_LONG = fake.fails(400, "maximum context length is 100 tokens", code="context_length_exceeded")

FAULTS = {
    "key refused": (fake.fails(401, "Incorrect API key provided"), Code.PROVIDER_UNAUTHORIZED, "Incorrect API key"),
    "access forbidden": (fake.fails(403, "Country not supported"), Code.PROVIDER_UNAUTHORIZED, "Country"),
    "unknown model": (fake.fails(404, "model 'x' not found, pull it first"), Code.MODEL_NOT_FOUND, "pull it first"),
    "long rate limit": (fake.fails(429, "Slow down", {"Retry-After": "90"}), Code.RATE_LIMITED, "wait 90 seconds"),
    "used up": (QUOTA, Code.RATE_LIMITED, "current quota"),
    "server error": (fake.fails(500, "CUDA out of memory"), Code.PROVIDER_ERROR, "CUDA"),
    "overloaded": (fake.fails(503, "overloaded"), Code.PROVIDER_ERROR, "overloaded"),
    "rejected": (fake.fails(400, "x does not support tools"), Code.PROVIDER_ERROR, "does not support tools"),
    "context full": (TOO_LONG, Code.PROVIDER_ERROR, "maximum context length"),
    "redirect": (fake.gives(307, {}, {"Location": "http://127.0.0.2:9/v1"}), Code.BAD_ANSWER, "307"),
    "connection dropped": (fake.drops(), Code.PROVIDER_ERROR, "connection"),
    "html": (fake.text("<html>It works!</html>", content_type="text/html"), Code.BAD_ANSWER, "JSON"),
    "not json": (fake.text("{oops"), Code.BAD_ANSWER, "JSON"),
    "nothing": (fake.text(""), Code.BAD_ANSWER, ""),
    "json of another kind": (fake.gives(200, ["a", "list"]), Code.BAD_ANSWER, ""),
    "no choices": (fake.gives(200, {"id": "1", "object": "chat.completion", "choices": []}), Code.BAD_ANSWER, ""),
    "choices null": (fake.gives(200, {"id": "1", "object": "chat.completion", "choices": None}), Code.BAD_ANSWER, ""),
    "choice without message": (fake.gives(200, {"choices": [{"index": 0}]}), Code.BAD_ANSWER, ""),
    "arguments no text": (fake.completion({"role": "assistant", "tool_calls": [{"id": 1}]}), Code.BAD_ANSWER, ""),
    "empty answers": (fake.says(""), Code.EMPTY_ANSWER, "3 empty answers"),
    "only words": (fake.says("I would rather talk."), Code.BAD_ANSWER, "rather talk"),
    "cut off": (fake.says("and so", finish_reason="length"), Code.TRUNCATED_ANSWER, "cut off"),
    "cut call": (fake.calls(("finish", CUT), finish_reason="length"), Code.TRUNCATED_ANSWER, "cut off"),
    "refusal": (
        fake.completion({"role": "assistant", "content": None, "refusal": "I can't help"}),
        Code.MODEL_REFUSED,
        "can't help",
    ),
    "content filter": (fake.says("", finish_reason="content_filter"), Code.MODEL_REFUSED, "refused"),
    "unknown tools for ever": (fake.calls(("sudo", {})), Code.BAD_ANSWER, "sudo"),
    "unreadable arguments for ever": (fake.calls(("read", "{not json")), Code.BAD_ANSWER, "read"),
}


async def run(endpoint: fake.Endpoint, directory: Path, **changes: object) -> None:
    profile = endpoint.profile(**changes)
    model = registry.build_model(profile, fake.MODEL)
    talk = Conversation(model, Budget(Limits(), None), Trajectory(directory / "trajectory.jsonl"))
    task = Task(ticket_key="T-1", title="Do it")
    await run_agent(task, DirectoryWorkspace(directory), talk, Recorder())


async def stop_of(answer: fake.Answer, directory: Path, **changes: object) -> errors.RunStopped:
    async with fake.serving([answer]) as endpoint:
        with pytest.raises(errors.RunStopped) as stopped:
            await run(endpoint, directory, **changes)
    return stopped.value


@pytest.mark.parametrize(("answer", "code", "words"), FAULTS.values(), ids=list(FAULTS))
async def test_fault_of_a_model_has_its_reason(answer: fake.Answer, code: Code, words: str, tmp_path: Path) -> None:
    stop = await stop_of(answer, tmp_path)

    assert stop.code == code, stop.message
    assert words in stop.message
    assert len(stop.message) < 500


async def test_hanging_model_is_a_timeout_of_the_profile(tmp_path: Path) -> None:
    started = time.monotonic()
    stop = await stop_of(fake.hangs(), tmp_path, request_timeout=0.5)

    assert stop.code == Code.PROVIDER_TIMEOUT
    assert time.monotonic() - started < 10


async def test_answer_that_trickles_in_for_ever_is_a_timeout(tmp_path: Path) -> None:
    async def trickles(request: fake.web.Request, _body: dict[str, object]) -> fake.web.StreamResponse:
        response = fake.web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b" ")
            await asyncio.sleep(0.05)

    stop = await stop_of(trickles, tmp_path, request_timeout=1)

    assert stop.code == Code.PROVIDER_TIMEOUT


async def test_refused_connection_is_unreachable_and_names_the_cause(tmp_path: Path) -> None:
    with socket.socket() as bound:  # bound but not listening: nobody else can take the port
        bound.bind(("127.0.0.1", 0))
        endpoint = fake.Endpoint(url=f"http://127.0.0.1:{bound.getsockname()[1]}")
        with pytest.raises(errors.RunStopped) as stopped:
            await run(endpoint, tmp_path)

    assert stopped.value.code == Code.PROVIDER_UNREACHABLE
    assert "connect" in stopped.value.message.casefold()


async def test_short_rate_limit_is_waited_out(tmp_path: Path) -> None:
    slow = fake.fails(429, "Slow down", {"Retry-After": "1"})
    started = time.monotonic()
    async with fake.serving([slow, fake.finishes()]) as endpoint:
        await run(endpoint, tmp_path)

    assert len(endpoint.requests) == 2
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    "asked",
    [
        {"Retry-After": "31"},
        {"Retry-After": "86400"},
        {"retry-after-ms": "60000"},
        {"Retry-After": formatdate(time.time() + 3600, usegmt=True)},
    ],
    ids=["seconds", "a day", "milliseconds", "date"],
)
async def test_long_rate_limit_is_not_slept_through(asked: dict[str, str], tmp_path: Path) -> None:
    started = time.monotonic()
    async with fake.serving([fake.fails(429, "Slow down", asked)]) as endpoint:
        with pytest.raises(errors.RunStopped) as stopped:
            await run(endpoint, tmp_path, request_timeout=600)

    assert stopped.value.code == Code.RATE_LIMITED
    assert len(endpoint.requests) == 1
    assert time.monotonic() - started < 10


async def test_server_error_that_passes_is_survived(tmp_path: Path) -> None:
    async with fake.serving([fake.fails(500, "hiccup"), fake.finishes()]) as endpoint:
        await run(endpoint, tmp_path)

    assert len(endpoint.requests) == 2


async def test_empty_answer_in_between_is_forgiven(tmp_path: Path) -> None:
    listing = fake.calls(("list", {}))
    script = [fake.says(""), fake.says(""), listing, fake.says(""), fake.says(""), fake.finishes()]
    async with fake.serving(script) as endpoint:
        await run(endpoint, tmp_path)

    assert len(endpoint.requests) == 6


async def test_key_never_appears_in_what_is_reported(tmp_path: Path) -> None:
    echo = fake.fails(401, f"Incorrect API key provided: {KEY}")
    stop = await stop_of(echo, tmp_path, auth_mode=AuthMode.BEARER, api_key=KEY)

    assert stop.code == Code.PROVIDER_UNAUTHORIZED
    assert KEY not in str(stop)
    assert KEY not in (tmp_path / "trajectory.jsonl").read_text()
