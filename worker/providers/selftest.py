"""Proving that a provider is ready from here: by reaching it, calling a tool and finishing in the required form.

Loads pydantic-ai when imported; import it only where a test is run.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from pydantic import BaseModel, ValidationError
from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelMessage, ModelRequest, ModelResponse, ToolCallPart, ToolReturnPart, UserPromptPart
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from jobs import errors, nearest, reasons, redact
from jobs.catalog import AuthMode, ProviderProfile
from jobs.readiness import Readiness, State, Step
from jobs.reasons import Code
from worker.providers import faults, registry
from worker.providers.registry import Probe

READY_FOR = timedelta(minutes=10)
BLOCKED_FOR = timedelta(seconds=30)
SHOWN_MODELS = 5  # names in a message

_NO_TOOLS = (
    "Choose a model that can call tools, or switch that on at the server "
    "(vLLM: `--enable-auto-tool-choice` with a `--tool-call-parser`)."
)
_PROMPT = 'This is a connection test. Call the tool `self_test` with `word` set to "ready".'
_CALL = ToolDefinition(
    name="self_test",
    description="Answer a connection test.",
    parameters_json_schema={"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
)
_FINISH = ToolDefinition(
    name="finish",
    description="End the connection test.",
    parameters_json_schema={
        "type": "object",
        "properties": {"summary": {"type": "string"}, "done": {"type": "boolean"}},
        "required": ["summary", "done"],
    },
)


class _Word(BaseModel):
    word: str


class _Ending(BaseModel):
    summary: str
    done: bool


async def self_test(
    profile: ProviderProfile,
    model: str,
    *,
    worker: str,
    report: Callable[[Step], Awaitable[None]] | None = None,
) -> Readiness:
    """Test one model of a profile, step by step, until one fails.

    Args:
        profile: with its key.
        model: identifier as the provider knows it.
        worker: name of the worker the test runs on; the result holds only there.
        report: told about each step when it is over.

    Returns:
        What was found out: `ready` for ten minutes, or `blocked` for thirty seconds.
    """
    test = _SelfTest(profile, model)
    await test.run(report)
    return test.readiness(worker)


class _SelfTest:
    """One test under way: what the steps found so far."""

    def __init__(self, profile: ProviderProfile, model: str) -> None:
        self._profile = profile
        self._name = model
        self._steps: list[Step] = []
        self._probe = Probe(0, None)
        self._model: Model | None = None
        self._history: list[ModelMessage] = [ModelRequest(parts=[UserPromptPart(_PROMPT)])]

    async def run(self, report: Callable[[Step], Awaitable[None]] | None) -> None:
        """Take the steps in order."""
        for name, step in (
            ("reach", self._reach),
            ("authenticate", self._authenticate),
            ("model exists", self._exists),
            ("forced tool call", self._call),
            ("structured finish", self._finish),
        ):
            taken = self._without_key(await _taken(name, step))
            self._steps.append(taken)
            if report:
                await report(taken)
            if not taken.ok:
                return

    def _without_key(self, step: Step) -> Step:
        """The step as it may be shown, whatever the endpoint repeated."""
        key = self._profile.api_key
        secrets = [key.get_secret_value()] if key else []
        clean = {field: redact.redact(getattr(step, field), secrets) for field in ("detail", "remedy")}
        return step.model_copy(update=clean)

    def readiness(self, worker: str) -> Readiness:
        """The result of the steps taken."""
        last, now = self._steps[-1], datetime.now(UTC)
        proven = f"{self._name} answered a forced tool call and finished in the required form."
        return Readiness(
            account=self._profile.account,
            model=self._name,
            worker=worker,
            state=State.READY if last.ok else State.BLOCKED,
            reason=proven if last.ok else f"{last.name}: {last.detail}",
            steps=tuple(self._steps),
            checked_at=now,
            expires_at=now + (READY_FOR if last.ok else BLOCKED_FOR),
        )

    async def _reach(self) -> str:
        self._probe = probe = await registry.provider_of(self._profile.kind).probe(self._profile)
        if HTTPStatus.MULTIPLE_CHOICES <= probe.status < HTTPStatus.BAD_REQUEST:
            sentence = f"The endpoint redirects ({probe.status}); a key is never sent on to another address."
            remedy = "Set the base URL to the address it redirects to."
            raise errors.RunStopped(Code.PROVIDER_UNREACHABLE, sentence, remedy=remedy)
        if probe.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise errors.RunStopped(Code.PROVIDER_ERROR, f"The endpoint answers {probe.status}: {probe.words}")
        return f"{self._profile.base_url} answers."

    async def _authenticate(self) -> str:
        self._model = registry.build_model(self._profile, self._name)
        probe = self._probe
        if probe.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            sentence = f"The provider refused the credentials: {probe.status} {probe.words}"
            raise errors.RunStopped(Code.PROVIDER_UNAUTHORIZED, sentence)
        if probe.status == HTTPStatus.TOO_MANY_REQUESTS:
            sentence = f"The provider limits how often it may be asked: {probe.words}"
            wait = faults.limited_for(probe.retry_after)
            raise errors.RunStopped(Code.RATE_LIMITED, sentence, retry_after=wait)
        if self._profile.auth_mode is AuthMode.NONE:
            return "No key is sent, as configured, and the endpoint asks for none."
        if probe.models is None:
            return "The endpoint keeps no list of models, so the call below proves the key."
        return "The key is accepted."

    async def _exists(self) -> str:
        listed = self._probe.models
        if listed is None:
            return f"The endpoint keeps no list of models, so the call below proves {self._name}."
        if {_untagged(name) for name in listed} & {_untagged(self._name)}:
            return f"The endpoint lists {self._name}."
        shown = f"{nearest.listed(listed[:SHOWN_MODELS])}{' and more' if len(listed) > SHOWN_MODELS else ''}"
        guess = nearest.nearest(self._name, listed)
        remedy = f"Did you mean {guess}?" if guess else ""
        sentence = f"The endpoint does not list {self._name}; it has {shown}."
        raise errors.RunStopped(Code.MODEL_NOT_FOUND, sentence, remedy=remedy)

    async def _call(self) -> str:
        response, call = await self._forced(_CALL, _Word)
        returned = ToolReturnPart("self_test", "ready", call.tool_call_id)
        self._history += [response, ModelRequest(parts=[returned, UserPromptPart("Good. Now call the tool `finish`.")])]
        return f"{self._name} called the tool it was told to call."

    async def _finish(self) -> str:
        await self._forced(_FINISH, _Ending)
        return f"{self._name} took the tool's result and finished in the required form."

    async def _forced(self, tool: ToolDefinition, form: type[BaseModel]) -> tuple[ModelResponse, ToolCallPart]:
        """Ask for a call of one tool and check that its arguments have the form asked for."""
        settings = ModelSettings(tool_choice=[tool.name], max_retries=0)
        parameters = ModelRequestParameters(function_tools=[_CALL, _FINISH])
        async with self._model or registry.build_model(self._profile, self._name) as model:
            response = await model_request(
                model, self._history, model_settings=settings, model_request_parameters=parameters
            )
        call = next((call for call in response.tool_calls if call.tool_name == tool.name), None)
        if call is None:
            said = faults.words(response.text or "nothing")
            sentence = f"{self._name} did not call the tool it was told to call; it said: {said}"
            raise errors.RunStopped(Code.BAD_ANSWER, sentence, remedy=_NO_TOOLS)
        try:
            form.model_validate_json(call.args_as_json_str())
        except ValidationError as error:
            sentence = f"{self._name} called the tool with arguments that do not fit its form."
            raise errors.RunStopped(Code.BAD_ANSWER, sentence, remedy=_NO_TOOLS) from error
        return response, call


async def _taken(name: str, step: Callable[[], Awaitable[str]]) -> Step:
    started = time.perf_counter()
    ok, remedy, retry_at = True, "", None
    try:
        detail = await step()
    except errors.RunStopped as stop:
        reason = reasons.because(Code(stop.code), stop.message, stop.remedy)
        ok, detail, remedy = False, reason.sentence, reason.next_step
        if stop.retry_after is not None:
            retry_at = datetime.now(UTC) + timedelta(seconds=stop.retry_after)
            detail = f"Rate limited until {retry_at:%Y-%m-%d %H:%M} UTC. {detail}"
    except errors.JcaError as error:
        ok, detail, remedy = False, error.message, error.remedy
    took = (time.perf_counter() - started) * 1000
    return Step(name=name, ok=ok, detail=detail, remedy=remedy, milliseconds=took, retry_at=retry_at)


def _untagged(model: str) -> str:
    """A model's name without the tag after `:`, which some endpoints add and some leave out."""
    return model.partition(":")[0]
