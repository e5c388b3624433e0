"""Which provider and model a job gets, and because of what. Pure.

The six layers, most specific first: `provider=`, `model=`, a `model:` label, the repository's defaults, the
workspace's, the worker's own.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Layer = Literal[
    "provider directive",
    "model directive",
    "model label",
    "repository default",
    "workspace default",
    "worker default",
]


class Because(BaseModel):
    """One step of the decision: which layer was looked at and what came of it."""

    model_config = ConfigDict(frozen=True)

    layer: Layer
    outcome: Literal["chosen", "skipped"]
    text: str
    """A plain sentence: "provider=claude-api in the ticket chose claude-api."."""


class Selection(BaseModel):
    """The decision, with every step that led to it."""

    model_config = ConfigDict(frozen=True)

    provider: str
    """Name of the profile."""
    model: str
    """Identifier as the provider knows it."""
    because: tuple[Because, ...] = ()

    @property
    def account(self) -> str:
        """What lanes, limits and readiness are keyed by."""
        return self.provider
