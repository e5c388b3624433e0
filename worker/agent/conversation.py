"""One conversation with a model, over the first attempt and its repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pydantic_ai.messages import ModelMessage
from pydantic_ai.models import Model

from worker.agent.budget import Budget
from worker.agent.trajectory import Trajectory


@dataclass
class Conversation:
    """What a run keeps between turns of the agent."""

    model: Model
    budget: Budget
    trajectory: Trajectory
    context_limit: int = 128_000
    """Tokens the model can take in."""
    messages: list[ModelMessage] = field(default_factory=list)
    """As the model gets them: old ones may be shortened, the trajectory has them whole."""

    def keep(self, messages: Sequence[ModelMessage]) -> None:
        """Take over the conversation as it stands and write it down."""
        self.messages = list(messages)
        self.trajectory.record(self.messages)
