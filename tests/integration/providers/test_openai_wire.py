"""What goes over the wire to an OpenAI-compatible endpoint."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from openai import AsyncOpenAI
from pydantic_ai.direct import model_request, model_request_stream
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    SystemPromptPart,
    TextPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider
from pydantic_ai.tools import ToolDefinition

from jobs import errors
from jobs.catalog import AuthMode, Model
from tests.fakes import model_endpoint as fake
from worker.providers import registry
from worker.providers.lean_openai import LeanOpenAI

KEY = "key-of-this-test"


async def ask(endpoint: fake.Endpoint, effort: str = "", **changes: object) -> None:
    profile = endpoint.profile(**changes)
    async with registry.build_model(profile, profile.default_model, effort) as model:
        await model_request(model, [ModelRequest.user_text_prompt("ping")])


async def test_auth_none_sends_no_authorization() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint)

    assert "authorization" not in endpoint.headers[0]


async def test_auth_none_sends_no_key_even_if_one_is_kept() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint, auth_mode=AuthMode.NONE, api_key=KEY)

    assert KEY not in str(endpoint.headers)


async def test_environment_of_other_tools_does_not_reach_the_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "somebody-elses-key")
    monkeypatch.setenv("OPENAI_ORG_ID", "somebody-elses-org")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "somebody-elses-project")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.2:9/v1")
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint, auth_mode=AuthMode.BEARER, api_key=KEY)

    assert "somebody-elses" not in str(endpoint.headers)


async def test_bearer_sends_the_key() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint, auth_mode=AuthMode.BEARER, api_key=KEY)

    assert endpoint.headers[0]["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("ending", ["/v1", "/v1/"])
async def test_path_is_right_with_and_without_a_trailing_slash(ending: str) -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint, base_url=f"{endpoint.url}{ending}")
        await registry.provider_of("openai-compatible").probe(endpoint.profile(base_url=f"{endpoint.url}{ending}"))

    assert endpoint.paths == ["/v1/chat/completions", "/v1/models"]


async def test_options_of_the_model_go_out_and_nothing_else_does() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint)
        await ask(endpoint, "high", models=(Model(id=fake.MODEL, max_output_tokens=777),))

    plain, full = endpoint.requests
    assert set(plain) == {"model", "messages", "stream"}
    assert (full["reasoning_effort"], full["max_tokens"]) == ("high", 777)


async def test_alias_becomes_the_identifier_the_endpoint_knows() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        await ask(endpoint, models=(Model(id=fake.MODEL, aliases=("fast",)),), default_model="fast")

    assert endpoint.requests[0]["model"] == fake.MODEL


async def test_model_can_be_left_and_entered_again() -> None:
    async with fake.serving([fake.says("pong")]) as endpoint:
        model = registry.build_model(endpoint.profile(), fake.MODEL)
        for _ in range(2):
            async with model:
                await model_request(model, [ModelRequest.user_text_prompt("ping")])

    assert len(endpoint.requests) == 2


async def test_lean_client_sends_what_the_sdk_itself_would_send() -> None:
    tool = ToolDefinition(
        name="look", parameters_json_schema={"type": "object", "properties": {"n": {"type": "integer"}}}
    )
    talk: list[ModelMessage] = [
        ModelRequest(parts=[SystemPromptPart("Be brief."), UserPromptPart("Lök at \u2603")]),
        ModelResponse(parts=[TextPart("I look."), ToolCallPart("look", '{"n": 1}', "call-1")]),
        ModelRequest(parts=[ToolReturnPart("look", "nothing", "call-1"), UserPromptPart("Again")]),
    ]
    settings = OpenAIChatModelSettings(
        max_tokens=50, temperature=0.5, tool_choice=["look"], extra_body={"extra": 1}, extra_headers={"X-Extra": "1"}
    )
    parameters = ModelRequestParameters(function_tools=[tool])
    async with fake.serving([fake.says("pong")]) as endpoint:
        for client in (LeanOpenAI, AsyncOpenAI):
            async with client(api_key=KEY, base_url=f"{endpoint.url}/v1") as sdk:
                model = OpenAIChatModel(fake.MODEL, provider=OpenAICompatibleProvider("fake", openai_client=sdk))
                await model_request(model, talk, model_settings=settings, model_request_parameters=parameters)

    lean, stock = endpoint.requests
    assert lean == stock
    mine, theirs = ({k: v for k, v in sent.items() if k != "content-length"} for sent in endpoint.headers)
    assert mine == theirs


async def test_lean_client_streams_as_the_sdk_does() -> None:
    event = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": fake.MODEL}
    event["choices"] = [{"index": 0, "delta": {"content": "pong"}, "finish_reason": "stop"}]
    stream = fake.text(f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n", content_type="text/event-stream")
    async with fake.serving([stream]) as endpoint, LeanOpenAI(api_key=KEY, base_url=f"{endpoint.url}/v1") as sdk:
        model = OpenAIChatModel(fake.MODEL, provider=OpenAICompatibleProvider("fake", openai_client=sdk))
        async with model_request_stream(model, [ModelRequest.user_text_prompt("ping")]) as answer:
            async for _ in answer:
                pass

    assert answer.get().text == "pong"


def test_missing_key_is_not_ready() -> None:
    profile = fake.Endpoint(url="http://127.0.0.1:9").profile(auth_mode=AuthMode.BEARER)

    with pytest.raises(errors.NotReady, match="has no key"):
        registry.build_model(profile, fake.MODEL)


def test_unknown_kind_names_those_there_are() -> None:
    with pytest.raises(errors.NotFound) as missing:
        registry.provider_of("carrier-pigeon")

    assert "openai-compatible" in str(missing.value)


def test_registry_loads_no_sdk() -> None:
    code = (
        "import sys, worker.providers.registry, worker.agent.task, worker.agent.budget;"
        "print([name for name in ('openai', 'pydantic_ai', 'httpx2', 'genai_prices') if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert shown.stdout.strip() == "[]"
