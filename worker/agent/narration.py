"""Telling a listener, in lines a person reads, what the tools do."""

from __future__ import annotations

import shlex
from typing import Any

from pydantic_ai.messages import AgentStreamEvent, FunctionToolCallEvent, FunctionToolResultEvent, ToolCallPart

from jobs import redact
from worker.agent.elision import elide
from worker.agent.listener import Listener

CALL_CAP = 300  # characters of a call's line
OUTPUT_CAP = 4_000  # characters of what came back


async def tell(event: AgentStreamEvent, listener: Listener) -> None:
    """Pass one event on; those that are no news to a person are left out."""
    if isinstance(event, FunctionToolCallEvent):
        await listener.note("tool", redact.redact(described(event.part)))
    elif isinstance(event, FunctionToolResultEvent):
        text = event.part.model_response_str(wrap_if_error=False)
        await listener.note("output", redact.redact(elide(text, OUTPUT_CAP)))


def described(call: ToolCallPart) -> str:
    """A call as one line: `run python3 -m unittest`, `read shop/money.py`."""
    try:
        args = call.args_as_dict(raise_if_invalid=True)
    except ValueError:
        return f"{call.tool_name} (arguments that cannot be read)"
    return elide(" ".join([call.tool_name, *_subject(args)]), CALL_CAP)


def _subject(args: dict[str, Any]) -> list[str]:
    """What a call is about; long contents are left to the diff."""
    argv = args.get("argv")
    if isinstance(argv, list):
        return [shlex.join(str(word) for word in argv)]
    return [str(args[name]) for name in ("text", "path") if name in args]
