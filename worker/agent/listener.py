"""Who is told what the agent does while it does it."""

from __future__ import annotations

from typing import Literal, Protocol

from jobs.results import Usage

Kind = Literal["agent", "tool", "output"]
"""`agent`: what the model says. `tool`: what it calls. `output`: what came back."""


class Listener(Protocol):
    """Live output of a run."""

    async def note(self, kind: str, text: str) -> None:
        """Something happened; `kind` is `agent`, `tool` or `output`."""

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
