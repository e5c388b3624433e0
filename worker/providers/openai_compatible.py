"""Any endpoint that speaks OpenAI's chat-completions wire: Ollama, vLLM, LM Studio, gateways, OpenAI itself.

The wire: https://platform.openai.com/docs/api-reference/chat
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, cast
from urllib.parse import urlsplit

import httpx2
from openai.types.shared import ReasoningEffort
from pydantic_ai.models import Model
from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings
from pydantic_ai.profiles.openai import OpenAIModelProfile
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from jobs import catalog, errors
from jobs.catalog import AuthMode, ProviderProfile
from jobs.reasons import Code
from worker.providers import addresses, faults, resets
from worker.providers.guarded import GuardedModel
from worker.providers.lean_openai import LeanOpenAI
from worker.providers.registry import Probe

CONNECT_SECONDS = 10.0
PROBE_SECONDS = 15.0
LONGEST_WAIT = 30.0  # seconds a `Retry-After` may make us sleep before the run is stopped instead
RETRIES = 2
_FROM_ENVIRONMENT = ("OpenAI-Organization", "OpenAI-Project")
"""Headers the SDK takes from the worker's environment; they are somebody's account, not this profile's."""
LISTING_CAP = 4 * 1024 * 1024  # bytes of a model list; large gateways send half a megabyte


class OpenAICompatible:
    """The provider kind `openai-compatible`."""

    def build_model(self, profile: ProviderProfile, model: str, effort: str = "") -> Model:
        """Make the client for one model; see `registry.Provider`."""
        addresses.refuse_metadata(profile.base_url)
        known = profile.model(model) or catalog.Model(id=model)
        settings = OpenAIChatModelSettings()
        if known.max_output_tokens:
            settings["max_tokens"] = known.max_output_tokens
        if effort:
            settings["openai_reasoning_effort"] = cast("ReasoningEffort", effort)
        client = OpenAIChatModel(known.id, provider=_Endpoint(profile, known), settings=settings)
        return GuardedModel(client, answer_seconds=profile.request_timeout, secrets=[_key(profile)])

    async def probe(self, profile: ProviderProfile) -> Probe:
        """Ask for the list of models; see `registry.Provider`."""
        await addresses.refuse_metadata_behind(profile.base_url)
        key = profile.api_key.get_secret_value() if profile.api_key else ""
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        url = f"{profile.base_url}/models"
        seconds = min(PROBE_SECONDS, profile.request_timeout)
        try:
            async with (
                asyncio.timeout(seconds),
                http_client(profile, seconds) as client,
                client.stream("GET", url, headers=headers) as answer,
            ):
                return _probed(answer, await _body(answer), key)
        except (TimeoutError, httpx2.ReadTimeout) as error:
            sentence = f"{url} did not answer within {seconds:g} seconds."
            raise errors.RunStopped(Code.PROVIDER_TIMEOUT, sentence) from error
        except httpx2.HTTPError as error:
            said = faults.words(str(error) or type(error).__name__, [key])
            raise errors.RunStopped(Code.PROVIDER_UNREACHABLE, f"{url} cannot be reached: {said}") from error


class _Endpoint(OpenAICompatibleProvider):
    """A profile as pydantic-ai sees it; closes its connections when the model is left and opens new ones after that."""

    def __init__(self, profile: ProviderProfile, model: catalog.Model) -> None:
        self._profile = profile
        # servers other than OpenAI's own know only the older name of the field
        wants_new_name = (urlsplit(profile.base_url).hostname or "").endswith("openai.com")
        knowledge = OpenAIModelProfile(
            context_window=model.context_limit,
            openai_chat_supports_max_completion_tokens=wants_new_name,
        )
        super().__init__(profile.name, openai_client=_sdk(profile), profile=knowledge)

    async def __aenter__(self) -> Self:
        if self._client.is_closed():
            self._client = _sdk(self._profile)
        await super().__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await super().__aexit__(exc_type, exc_val, exc_tb)
        await self._client.close()


def http_client(profile: ProviderProfile, seconds: float) -> httpx2.AsyncClient:
    """The HTTP client every request to a profile goes through. It follows no redirect: the key stays with its host."""
    unwanted = _FROM_ENVIRONMENT if profile.auth_mode is AuthMode.BEARER else (*_FROM_ENVIRONMENT, "Authorization")
    wait = functools.partial(_refuse_long_waits, min(LONGEST_WAIT, seconds / (RETRIES + 1)))
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(seconds, connect=min(CONNECT_SECONDS, seconds)),
        follow_redirects=False,
        event_hooks={"request": [functools.partial(_drop, unwanted)], "response": [wait]},
    )


def _sdk(profile: ProviderProfile) -> LeanOpenAI:
    client = http_client(profile, profile.request_timeout)
    return LeanOpenAI(api_key=_key(profile), base_url=profile.base_url, http_client=client, max_retries=RETRIES)


def _key(profile: ProviderProfile) -> str:
    if profile.auth_mode is AuthMode.NONE:
        return "none"  # the SDK insists on a key; the hook removes the header
    if profile.api_key is None or not profile.api_key.get_secret_value():
        remedy = "Set it on the provider's page or as JCA_OPENAI_COMPATIBLE_API_KEY."
        raise errors.NotReady(f"The provider {profile.name} has no key.", remedy=remedy)
    return profile.api_key.get_secret_value()


async def _drop(names: Iterable[str], request: httpx2.Request) -> None:
    for name in names:
        request.headers.pop(name, None)


async def _refuse_long_waits(longest: float, response: httpx2.Response) -> None:
    """Keep the SDK, which would sleep up to two minutes, from waiting longer than a run should hang."""
    if (resets.retry_after(response.headers, datetime.now(UTC)) or 0.0) > longest:
        response.headers["x-should-retry"] = "false"


async def _body(answer: httpx2.Response) -> bytes:
    """What an endpoint answers, cut where it is longer than any model list."""
    body = b""
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > LISTING_CAP:
            break
    return body[:LISTING_CAP]


def _probed(answer: httpx2.Response, body: bytes, key: str) -> Probe:
    try:
        parsed = json.loads(body)
    except ValueError:
        parsed = None
    if answer.is_error:
        text = faults.explained(parsed) or body[: faults.WORDS_CAP].decode("utf-8", "replace")
        asked = resets.seconds_until(answer.headers, parsed, datetime.now(UTC))
        return Probe(answer.status_code, None, faults.words(text, [key]), asked)
    listed = parsed.get("data") if isinstance(parsed, dict) else None
    if not isinstance(listed, list):
        return Probe(answer.status_code, None)
    names = [entry.get("id") for entry in listed if isinstance(entry, dict)]
    return Probe(answer.status_code, tuple(name for name in names if isinstance(name, str)))
