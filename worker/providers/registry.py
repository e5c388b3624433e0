"""Which kinds of provider there are. Their modules and SDKs are loaded when one is used."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, cast

from jobs import errors
from jobs.catalog import ProviderKind, ProviderProfile

if TYPE_CHECKING:
    from pydantic_ai.models import Model

_PROVIDERS = {ProviderKind.OPENAI_COMPATIBLE: "worker.providers.openai_compatible:OpenAICompatible"}


@dataclass(frozen=True)
class Probe:
    """What an endpoint answered when it was asked for its models."""

    status: int
    """HTTP status."""
    models: tuple[str, ...] | None
    """Identifiers it lists; None when it keeps no list."""
    words: str = ""
    """The endpoint's own explanation of an error, shortened and without secrets."""
    retry_after: float | None = None
    """Seconds it asks to wait; None where it says nothing."""


class Provider(Protocol):
    """One kind of provider."""

    def build_model(self, profile: ProviderProfile, model: str, effort: str = "") -> Model:
        """Make the client for one model. Its faults are `errors.RunStopped` with the reason code.

        Raises:
            errors.NotReady: the profile lacks something, such as its key.
            errors.Refused: the address may not be used.
        """

    async def probe(self, profile: ProviderProfile) -> Probe:
        """Ask the endpoint for its models.

        Raises:
            errors.RunStopped: it cannot be reached or does not answer in time.
        """


def provider_of(kind: str) -> Provider:
    """The provider of a kind.

    Raises:
        errors.NotFound: there is no such kind; the message lists those there are.
    """
    path = _PROVIDERS.get(cast("ProviderKind", kind))
    if path is None:
        known = ", ".join(sorted(_PROVIDERS))
        raise errors.NotFound(f"There is no provider kind {kind!r}.", remedy=f"Use one of: {known}.")
    module, _, name = path.partition(":")
    return cast("Provider", getattr(importlib.import_module(module), name)())


def build_model(profile: ProviderProfile, model: str, effort: str = "") -> Model:
    """Make the client for one model of a profile; see `Provider.build_model`."""
    return provider_of(profile.kind).build_model(profile, model, effort)
