"""Which model the demo talks to: the scripted endpoint that ships with it, or a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from jobs import errors, provisioning
from jobs import settings as settings_module
from worker.demo.model import MODEL, create_model_app
from worker.serving import serving

OLLAMA = "http://127.0.0.1:11434/v1"


@dataclass(frozen=True)
class Endpoint:
    """A provider profile as configuration data, and what it is."""

    profile: dict[str, Any]
    is_scripted: bool

    @property
    def name(self) -> str:
        """The profile's name."""
        return str(self.profile["name"])

    @property
    def model(self) -> str:
        """The model the demo asks for."""
        return str(self.profile["default_model"])


@asynccontextmanager
async def chosen(*, real: bool) -> AsyncIterator[Endpoint]:
    """The endpoint to use, served until the block ends if it is ours.

    Raises:
        errors.NotReady: `real` and there is none.
    """
    if real:
        yield await _real()
        return
    async with serving(create_model_app(), host="127.0.0.1") as address:
        yield Endpoint(_profile("scripted-demo", f"http://{address}/v1", MODEL), is_scripted=True)


async def _real() -> Endpoint:
    configured = provisioning.from_environment(settings_module.load()).providers
    if configured:
        profile = configured[0].model_dump(mode="json", exclude={"api_key", "source"})
        key = configured[0].api_key
        return Endpoint(profile | ({"api_key": key.get_secret_value()} if key else {}), is_scripted=False)
    try:
        async with httpx.AsyncClient(timeout=3, trust_env=False) as client:
            models = (await client.get(f"{OLLAMA}/models")).raise_for_status().json()["data"]
        return Endpoint(_profile("ollama", OLLAMA, models[0]["id"]), is_scripted=False)
    except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError):
        remedy = "Set JCA_OPENAI_COMPATIBLE_BASE_URL and JCA_OPENAI_COMPATIBLE_MODEL, or start Ollama with a model."
        raise errors.NotReady(
            f"No real endpoint is configured and nothing usable answers on {OLLAMA}.", remedy=remedy
        ) from None


def _profile(name: str, base_url: str, model: str) -> dict[str, Any]:
    return {
        "name": name,
        "kind": "openai-compatible",
        "base_url": base_url,
        "default_model": model,
        "models": [{"id": model}],
    }
