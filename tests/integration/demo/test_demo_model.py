"""The endpoint that ships with the demo, as any client meets it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from worker.demo import model as demo
from worker.serving import serving

TASK = 'Solve it.\n\nValidation commands, run by the host:\n- ["python3", "-m", "unittest"]\n'
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object"}}}
    for name in ("list", "search", "read", "edit", "write", "run", "diff", "finish")
]


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        serving(demo.create_model_app(), host="127.0.0.1") as address,
        aiohttp.ClientSession(f"http://{address}") as session,
    ):
        yield session


def body(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a request
    return {"model": demo.MODEL, "messages": [{"role": "user", "content": TASK}], "tools": TOOLS} | changes


async def asked(client: aiohttp.ClientSession, request: object) -> tuple[int, dict[str, Any]]:
    async with client.post("/v1/chat/completions", json=request) as answer:
        return answer.status, await answer.json()


async def test_it_says_that_it_is_not_an_ai_where_models_are_listed_and_where_it_answers(
    client: aiohttp.ClientSession,
) -> None:
    async with client.get("/v1/models") as answer:
        listed = (await answer.json())["data"]
    _, completion = await asked(client, body())

    assert [(model["id"], model["owned_by"]) for model in listed] == [
        ("scripted-demo", "jca-demo, scripted, not an AI"),
    ]
    assert "not an AI" in completion["choices"][0]["message"]["content"]


async def test_stream_carries_the_same_call_as_the_whole_answer(client: aiohttp.ClientSession) -> None:
    _, whole = await asked(client, body())
    async with client.post("/v1/chat/completions", json=body(stream=True)) as answer:
        assert answer.content_type == "text/event-stream"
        events = [line.removeprefix("data: ") for line in (await answer.text()).split("\n\n") if line]

    assert events[-1] == "[DONE]"
    first, last, usage = (json.loads(event) for event in events[:-1])
    call = first["choices"][0]["delta"]["tool_calls"][0]["function"]
    assert call == whole["choices"][0]["message"]["tool_calls"][0]["function"]
    assert last["choices"][0]["finish_reason"] == whole["choices"][0]["finish_reason"] == "tool_calls"
    assert usage["usage"]["prompt_tokens"] > 0


@pytest.mark.parametrize(
    "choice",
    [
        {"type": "function", "function": {"name": "run"}},
        {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"function": {"name": "run"}}]}},
    ],
)
async def test_forced_tool_is_called_with_arguments_of_its_schema(
    client: aiohttp.ClientSession, choice: dict[str, Any]
) -> None:
    schema = {"properties": {"word": {"type": "string"}, "sure": {"type": "boolean"}, "count": {"type": "integer"}}}
    tools = [{"type": "function", "function": {"name": "run", "parameters": schema}}]
    _, completion = await asked(client, body(tools=tools, tool_choice=choice))

    (call,) = completion["choices"][0]["message"]["tool_calls"]
    arguments = json.loads(call["function"]["arguments"])
    assert call["function"]["name"] == "run"
    assert {name: type(value) for name, value in arguments.items()} == {"word": str, "sure": bool, "count": int}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"messages": [{"role": "user", "content": "Hello"}]}, "no validation command"),
        ({"tools": [tool for tool in TOOLS if tool["function"]["name"] != "edit"]}, "edit"),
    ],
)
async def test_what_its_script_does_not_cover_it_ends_undone_and_says_why(
    client: aiohttp.ClientSession, changes: dict[str, Any], why: str
) -> None:
    _, completion = await asked(client, body(**changes))

    (call,) = completion["choices"][0]["message"]["tool_calls"]
    arguments = json.loads(call["function"]["arguments"])
    assert call["function"]["name"] == "finish"
    assert arguments["done"] is False
    assert why in arguments["summary"]


async def test_other_models_and_broken_requests_get_an_error(client: aiohttp.ClientSession) -> None:
    missing = await asked(client, body(model="gpt-5"))
    broken = await asked(client, {"model": demo.MODEL})
    async with client.post("/v1/chat/completions", data=b"{oops") as answer:
        unreadable = answer.status

    assert (missing[0], broken[0], unreadable) == (404, 400, 400)
    assert "gpt-5" in missing[1]["error"]["message"]
