"""Judging one answer of a model before anything is done with it."""

from __future__ import annotations

from pydantic_ai.messages import ModelMessage, ModelResponse, TextPart, ToolCallPart

from jobs import errors, redact
from jobs.reasons import Code
from jobs.results import Usage
from worker.agent.compaction import estimated_tokens, tokens_in
from worker.agent.elision import elide

PATIENCE = 3  # answers in a row that call no tool
FIXED_TOKENS = 1_500  # of the instructions and the tools' descriptions, which go out with every request
WORDS_CAP = 300  # characters of the model's own words in a message


class Judge:
    """Stops a run whose model refuses, is cut off or does not use its tools."""

    def __init__(self) -> None:
        self._idle = 0

    def check(self, response: ModelResponse) -> None:
        """Look at one answer.

        Raises:
            errors.RunStopped: nothing good can come of going on.
        """
        words = elide(redact.redact(said(response)), WORDS_CAP)
        if response.finish_reason == "content_filter":
            raise errors.RunStopped(
                Code.MODEL_REFUSED, f"The model refused: {_refusal(response) or words or 'no reason given'}."
            )
        if response.finish_reason == "length" and not _calls_are_whole(response):
            raise errors.RunStopped(Code.TRUNCATED_ANSWER, "The model's answer was cut off at its output limit.")
        self._idle = 0 if response.tool_calls else self._idle + 1
        if self._idle < PATIENCE:
            return
        if not words:
            raise errors.RunStopped(Code.EMPTY_ANSWER, f"The model gave {PATIENCE} empty answers in a row.")
        raise errors.RunStopped(
            Code.BAD_ANSWER, f"The model called no tool {PATIENCE} times in a row; it said: {words}"
        )


def said(response: ModelResponse) -> str:
    """The text of an answer, without tool calls and thinking."""
    return "".join(part.content for part in response.parts if isinstance(part, TextPart)).strip()


def usage_of(response: ModelResponse, before: list[ModelMessage]) -> Usage:
    """What an answer cost, as reported; where nothing is reported, estimated from the lengths, so that limits hold."""
    usage = response.usage
    if usage.total_tokens <= 0:
        told = FIXED_TOKENS + tokens_in(before)
        return Usage(requests=1, input_tokens=told, output_tokens=estimated_tokens(response))
    return Usage(
        requests=1,
        input_tokens=max(0, usage.input_tokens),
        cache_read_tokens=max(0, usage.cache_read_tokens),
        output_tokens=max(0, usage.output_tokens),
    )


def _refusal(response: ModelResponse) -> str:
    details = response.provider_details or {}
    return elide(redact.redact(str(details.get("refusal") or "")), WORDS_CAP)


def _calls_are_whole(response: ModelResponse) -> bool:
    """Whether the cut left tool calls whose arguments can be read."""
    return bool(response.tool_calls) and all(_readable(call) for call in response.tool_calls)


def _readable(call: ToolCallPart) -> bool:
    try:
        call.args_as_dict(raise_if_invalid=True)
    except ValueError:
        return False
    return True
