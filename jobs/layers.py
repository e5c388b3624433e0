"""The layers a selection is made of, and the record of what each of them said. Pure."""

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
"""Most specific first."""

Outcome = Literal["chosen", "skipped"]


class Because(BaseModel):
    """One step of the decision: which layer was looked at and what came of it."""

    model_config = ConfigDict(frozen=True)

    layer: Layer
    outcome: Outcome
    text: str
    """A plain sentence: "provider=claude-api in the ticket chose claude-api."."""


class Steps:
    """The steps of one decision while it is made."""

    def __init__(self) -> None:
        self._steps: list[Because] = []

    def chosen(self, layer: Layer, text: str) -> None:
        """Record that the layer decided."""
        self._steps.append(Because(layer=layer, outcome="chosen", text=text))

    def skipped(self, layer: Layer, text: str) -> None:
        """Record that the layer said something that does not count, and why."""
        self._steps.append(Because(layer=layer, outcome="skipped", text=text))

    def all(self) -> tuple[Because, ...]:
        """Every step in the order it was taken."""
        return tuple(self._steps)
