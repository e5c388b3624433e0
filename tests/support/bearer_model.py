"""The scripted endpoint behind a key, as a process of its own: `python -m tests.support.bearer_model PORT`.

The key comes by `JCA_OPENAI_COMPATIBLE_API_KEY`. A ticket that names one of the faults below gets it, with the key in
the endpoint's own words: an endpoint that repeats what it was sent must not make JCA repeat it.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from worker.demo.model import create_model_app

REFUSES = "the-endpoint-answers-401"
FAILS = "the-endpoint-answers-400"
BABBLES = "the-endpoint-says-the-key"


def main() -> None:
    """Serve until killed."""
    key = os.environ["JCA_OPENAI_COMPATIBLE_API_KEY"]

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.headers.get("Authorization") != f"Bearer {key}":
            return _error(401, "There is no such key.")
        asked = (await request.read()).decode()
        if REFUSES in asked:
            return _error(401, f"Incorrect API key provided: {key}. (Authorization: Bearer {key})")
        if FAILS in asked:
            return _error(400, f"Cannot serve this request of {key}.")
        answer = await handler(request)
        return _babbling(answer, key) if BABBLES in asked else answer

    app = create_model_app()
    app.middlewares.append(guarded)
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)


def _error(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message, "type": "invalid_request_error"}}, status=status)


def _babbling(answer: web.StreamResponse, key: str) -> web.Response:
    """The same answer with the key in its words and in the summary."""
    assert isinstance(answer, web.Response)
    assert isinstance(answer.body, bytes)
    completion: dict[str, Any] = json.loads(answer.body)
    message = completion["choices"][0]["message"]
    message["content"] = f"{message['content']} I was called with {key}."
    for call in message.get("tool_calls", []):
        arguments = json.loads(call["function"]["arguments"])
        if "summary" in arguments:
            arguments["summary"] = f"{arguments['summary']} My key is {key}."
        call["function"]["arguments"] = json.dumps(arguments)
    return web.json_response(completion)


if __name__ == "__main__":
    main()
