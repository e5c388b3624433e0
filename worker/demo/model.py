"""The scripted model of the demo, served over OpenAI's chat-completions wire on loopback. Not an AI.

The wire: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

from worker.demo import script

MODEL = "scripted-demo"
OWNER = "jca-demo, scripted, not an AI"
BODY_LIMIT = 32 * 1024 * 1024  # bytes; a long conversation has some megabytes
CHARACTERS_PER_TOKEN = 4  # what the usage it reports is told from


def create_model_app() -> web.Application:
    """The endpoint as an application, for a server of the caller's."""
    app = web.Application(client_max_size=BODY_LIMIT)
    app.router.add_get("/v1/models", list_models)
    app.router.add_post("/v1/chat/completions", complete)
    return app


async def list_models(_: web.Request) -> web.Response:
    """`GET /v1/models`: the one model, and what it is."""
    model = {"id": MODEL, "object": "model", "created": 0, "owned_by": OWNER}
    return web.json_response({"object": "list", "data": [model]})


async def complete(request: web.Request) -> web.StreamResponse:
    """`POST /v1/chat/completions`, whole or as a stream of events."""
    try:
        body = json.loads(await request.read())
    except ValueError:
        return _error(HTTPStatus.BAD_REQUEST, "The body is not JSON.", "invalid_request_error")
    if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
        return _error(HTTPStatus.BAD_REQUEST, "`messages` is missing.", "invalid_request_error")
    if body.get("model") != MODEL:
        sentence = f"The model {body.get('model')!r} does not exist; this endpoint has only {MODEL}."
        return _error(HTTPStatus.NOT_FOUND, sentence, "model_not_found")
    completion = _completion(body)
    if not body.get("stream"):
        return web.json_response(completion)
    return await _stream(request, _chunks(completion))


def _completion(body: Mapping[str, Any]) -> dict[str, Any]:
    said = script.answer(body)
    message: dict[str, Any] = {"role": "assistant", "content": said.words}
    if said.tool:
        function = {"name": said.tool, "arguments": json.dumps(said.arguments)}
        message["tool_calls"] = [{"id": f"call_{secrets.token_hex(8)}", "type": "function", "function": function}]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if said.tool else "stop"}
    return {
        "id": f"chatcmpl-{secrets.token_hex(8)}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [choice],
        "usage": _usage(body, message),
    }


def _usage(body: Mapping[str, Any], message: Mapping[str, Any]) -> dict[str, int]:
    told = len(json.dumps([body["messages"], body.get("tools")])) // CHARACTERS_PER_TOKEN
    said = len(json.dumps(message)) // CHARACTERS_PER_TOKEN
    return {"prompt_tokens": told, "completion_tokens": said, "total_tokens": told + said}


def _chunks(completion: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A completion as the events of a stream: the message, the end, the usage."""
    head = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    choice = completion["choices"][0]
    delta = dict(choice["message"])
    if calls := delta.get("tool_calls"):
        delta["tool_calls"] = [{"index": index, **call} for index, call in enumerate(calls)]
    yield head | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield head | {"choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    yield head | {"choices": [], "usage": completion["usage"]}


async def _stream(request: web.Request, chunks: Iterator[dict[str, Any]]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    for chunk in chunks:
        await response.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await response.write(b"data: [DONE]\n\n")
    return response


def _error(status: HTTPStatus, message: str, code: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": code, "code": code}}, status=status)
