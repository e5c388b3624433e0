"""Making room in a long conversation: old tool traffic is shortened, every call keeps its return.

A compaction that dropped calls would make the model repeat them for ever.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart

from worker.agent.elision import elide

THRESHOLD = 0.7  # of the context limit
RECENT = 6  # messages at the end that stay as they are
SHORT = 400  # characters; shorter texts are not worth shortening
KEPT = 200  # characters that remain of a longer one
CHARACTERS_PER_TOKEN = 3  # on the careful side: source code has about 3.5


def compact(messages: list[ModelMessage], context_limit: int) -> list[ModelMessage]:
    """Shorten old tool outputs and arguments once the conversation fills 70 % of what the model can take in.

    Returns a new list whose messages are copies where they differ; the first message, the task, stays as it is.
    """
    if tokens_in(messages) < context_limit * THRESHOLD:
        return messages
    old, recent = messages[1:-RECENT], messages[-RECENT:]
    return [*messages[:1], *(_shortened(message) for message in old), *recent] if old else messages


def tokens_in(messages: Sequence[ModelMessage]) -> int:
    """Tokens the next request will carry: what the last answer reported, and an estimate of what came after it."""
    since = 0
    for message in reversed(messages):
        if isinstance(message, ModelResponse) and message.usage.input_tokens > 0:
            return message.usage.total_tokens + since
        since += estimated_tokens(message)
    return since


def estimated_tokens(message: ModelMessage) -> int:
    """Tokens of one message, told from its length alone."""
    return sum(len(_text(part)) for part in message.parts) // CHARACTERS_PER_TOKEN


def _text(part: Any) -> str:  # noqa: ANN401 - any part of any message
    if isinstance(part, ToolCallPart):
        return part.args_as_json_str()
    content = getattr(part, "content", "")
    return content if isinstance(content, str) else str(content)


def _shortened(message: ModelMessage) -> ModelMessage:
    if isinstance(message, ModelRequest):
        return dataclasses.replace(message, parts=[_shorter_return(part) for part in message.parts])
    return dataclasses.replace(message, parts=[_shorter_call(part) for part in message.parts])


def _shorter_return(part: Any) -> Any:  # noqa: ANN401 - any part of a request
    if isinstance(part, ToolReturnPart) and isinstance(part.content, str) and len(part.content) > SHORT:
        return dataclasses.replace(part, content=f"{elide(part.content, KEPT)}\n(shortened: ask again if needed)")
    return part


def _shorter_call(part: Any) -> Any:  # noqa: ANN401 - any part of a response
    if not isinstance(part, ToolCallPart) or len(part.args_as_json_str()) <= SHORT:
        return part
    try:
        args = part.args_as_dict(raise_if_invalid=True)
    except ValueError:
        return part
    short = {name: elide(value, KEPT) if isinstance(value, str) else value for name, value in args.items()}
    return dataclasses.replace(part, args=json.dumps(short))
