"""A model endpoint on loopback whose every answer a test decides: OpenAI's chat-completions wire, faults included."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from jobs.catalog import AuthMode, Model, ProviderKind, ProviderProfile

Answer = Callable[[web.Request, dict[str, Any]], Awaitable[web.StreamResponse]]
MODEL = "fake-coder"


@dataclass
class Endpoint:
    """The running endpoint: its address, and everything it was sent."""

    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """Bodies of the completions asked for."""
    headers: list[dict[str, str]] = field(default_factory=list)
    """Of every request, keys in lower case."""
    paths: list[str] = field(default_factory=list)
    script: list[Answer] = field(default_factory=list)
    """One per completion; the last one is repeated."""
    models: Answer | None = None
    """What `GET /v1/models` answers; None: the list with the one model."""

    def profile(self, **changes: object) -> ProviderProfile:
        """A profile that leads here."""
        fields: dict[str, Any] = {
            "name": "fake",
            "kind": ProviderKind.OPENAI_COMPATIBLE,
            "base_url": f"{self.url}/v1",
            "auth_mode": AuthMode.NONE,
            "models": (Model(id=MODEL),),
            "default_model": MODEL,
            "request_timeout": 20,
        }
        return ProviderProfile(**(fields | changes))


@asynccontextmanager
async def serving(script: Iterable[Answer] = (), models: Answer | None = None) -> AsyncIterator[Endpoint]:
    """Serve until the block ends."""
    endpoint = Endpoint(script=list(script), models=models)

    async def complete(request: web.Request) -> web.StreamResponse:
        _note(endpoint, request)
        body = await request.json()
        endpoint.requests.append(body)
        index = min(len(endpoint.requests), len(endpoint.script)) - 1
        return await endpoint.script[index](request, body)

    async def listing(request: web.Request) -> web.StreamResponse:
        _note(endpoint, request)
        if endpoint.models:
            return await endpoint.models(request, {})
        return web.json_response({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/chat/completions", complete)
    app.router.add_get("/v1/models", listing)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        endpoint.url = f"http://{host}:{port}"
        yield endpoint
    finally:
        await runner.cleanup()


def says(text: str, **changes: object) -> Answer:
    """Plain text."""
    return completion({"role": "assistant", "content": text}, **changes)


def calls(*wanted: tuple[str, dict[str, Any] | str], text: str = "", **changes: object) -> Answer:
    """Tool calls `(name, arguments)`; arguments given as a string go out as they are."""
    tool_calls = [
        {
            "id": f"call_{index}_{name}",
            "type": "function",
            "function": {"name": name, "arguments": args if isinstance(args, str) else json.dumps(args)},
        }
        for index, (name, args) in enumerate(wanted)
    ]
    message = {"role": "assistant", "content": text or None, "tool_calls": tool_calls}
    return completion(message, **({"finish_reason": "tool_calls"} | changes))


def finishes(summary: str = "Done.", *, done: bool = True, **changes: object) -> Answer:
    """The call that ends a run."""
    return calls(("finish", {"summary": summary, "done": done}), **changes)


def completion(
    message: dict[str, Any],
    *,
    finish_reason: str = "stop",
    usage: dict[str, Any] | None = None,
    model: str = MODEL,
) -> Answer:
    """One completion; `usage={}` reports none."""
    reported = {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110} if usage is None else usage
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
    }
    return gives(200, body | ({"usage": reported} if reported else {}))


def gives(status: int, body: object, headers: dict[str, str] | None = None) -> Answer:
    """A status with a JSON body."""

    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.json_response(body, status=status, headers=headers)

    return answer


def fails(status: int, message: str, headers: dict[str, str] | None = None, **error: object) -> Answer:
    """An error in the shape OpenAI gives it."""
    return gives(status, {"error": {"message": message, "type": "error", "code": None} | error}, headers)


def text(content: str, status: int = 200, content_type: str = "application/json") -> Answer:
    """Any text in place of an answer."""

    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        return web.Response(text=content, status=status, content_type=content_type)

    return answer


def hangs() -> Answer:
    """No answer at all."""

    async def answer(_request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(3600)
        return web.Response()

    return answer


def drops() -> Answer:
    """The connection closed in the middle."""

    async def answer(request: web.Request, _body: dict[str, Any]) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"id"')
        if request.transport:
            request.transport.abort()
        return response

    return answer


def _note(endpoint: Endpoint, request: web.Request) -> None:
    endpoint.paths.append(request.path)
    endpoint.headers.append({name.lower(): value for name, value in request.headers.items()})
