"""The OpenAI client without its per-request walk over the whole conversation.

Before each request the SDK compares every message with its typed dictionaries, on the event loop: two thirds of all
the time a long run costs, and pauses of a tenth of a second. The messages pydantic-ai hands over are plain JSON
already, so they go to `post`, the SDK's door for requests it does not model:
https://github.com/openai/openai-python#undocumented-endpoints
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from openai import AsyncOpenAI, NotGiven, Omit
from openai.resources.chat import AsyncChat, AsyncCompletions
from openai.types.chat import ChatCompletion

_OPTIONS = {"extra_headers": "headers", "extra_query": "params", "extra_body": "extra_json", "timeout": "timeout"}
"""Parameters that are about the request and not in it, with what `post` calls them."""


class LeanOpenAI(AsyncOpenAI):
    """The SDK's client; only whole answers to chat completions take the short way."""

    @cached_property
    def chat(self) -> AsyncChat:
        """Chat completions."""
        return _Chat(self)


class _Chat(AsyncChat):
    @cached_property
    def completions(self) -> AsyncCompletions:
        return _Completions(self._client)


class _Completions(AsyncCompletions):
    async def create(self, **parameters: Any) -> Any:  # noqa: ANN401 - the SDK's own overloads hold
        given = {name: value for name, value in parameters.items() if not isinstance(value, (NotGiven, Omit))}
        if given.get("stream"):
            return await super().create(**given)
        about = {option: given.pop(name) for name, option in _OPTIONS.items() if name in given}
        options: Any = {option: value for option, value in about.items() if value is not None}
        return await self._client.post("/chat/completions", cast_to=ChatCompletion, body=given, options=options)
