"""A chat-completions request, read the way the scripted model needs it. Pure; the request may have any shape.

The wire: https://platform.openai.com/docs/api-reference/chat/create
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Call:
    """A tool call in the conversation, with what came back."""

    tool: str
    arguments: Json
    returned: str


class Request:
    """What the model was sent. Calls are those since the last message of the user: the present task."""

    def __init__(self, body: Json) -> None:
        self._messages = _records(body.get("messages"))
        self._choice = body.get("tool_choice")
        functions = [_record(tool.get("function")) for tool in _records(body.get("tools"))]
        self.offered = {str(function.get("name")): _record(function.get("parameters")) for function in functions}
        self._calls = list(_calls(self._messages))

    @property
    def forced(self) -> str:
        """The tool that must be called, by name or because it is the only one; empty when there is a choice."""
        if self._choice == "required" and len(self.offered) == 1:
            return next(iter(self.offered))
        choice = _record(self._choice)
        allowed = _records(_record(choice.get("allowed_tools")).get("tools"))
        candidates = [choice, *allowed] if len(allowed) <= 1 else []
        names = [str(_record(candidate.get("function")).get("name") or "") for candidate in candidates]
        return next((name for name in names if name), "")

    @property
    def command(self) -> list[str]:
        """The first validation command the task names, as a list of arguments."""
        for message in reversed(self._messages):
            text = _text(message) if message.get("role") == "user" else ""
            for line in text.partition("Validation commands")[2].splitlines():
                if argv := _argv(line):
                    return argv
        return []

    def calls(self, tool: str) -> list[Call]:
        """The calls of one tool, oldest first."""
        return [call for call in self._calls if call.tool == tool]


def _calls(messages: list[Json]) -> Iterator[Call]:
    start = max((index for index, message in enumerate(messages) if message.get("role") == "user"), default=0)
    recent = messages[start:]
    returned = {str(message.get("tool_call_id")): _text(message) for message in recent if message.get("role") == "tool"}
    for message in recent:
        for call in _records(message.get("tool_calls")):
            function = _record(call.get("function"))
            arguments = _record(_parsed(function.get("arguments")))
            yield Call(str(function.get("name")), arguments, returned.get(str(call.get("id")), ""))


def _text(message: Json) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text", "")) for part in _records(content))


def _argv(line: str) -> list[str]:
    found = re.fullmatch(r"\s*-?\s*(\[.*\])\s*", line)
    argv = _parsed(found[1]) if found else None
    return argv if isinstance(argv, list) and argv and all(isinstance(word, str) for word in argv) else []


def _parsed(text: object) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return None


def _record(value: object) -> Json:
    return value if isinstance(value, Mapping) else {}


def _records(value: object) -> list[Json]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else []
