"""Whether a provider account can be used from one worker, proven by doing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class State(StrEnum):
    """A claim needs `ready`."""

    READY = "ready"
    CHECKING = "checking"
    BLOCKED = "blocked"


class Step(BaseModel):
    """One line of a self-test."""

    model_config = ConfigDict(frozen=True)

    name: str
    """`reach`, `authenticate`, `model exists`, `forced tool call`, `structured finish`."""
    ok: bool
    detail: str
    """What was seen, one plain sentence."""
    remedy: str = ""
    milliseconds: float = 0
    retry_at: datetime | None = None
    """When a limit that was met ends, as far as the provider says."""


class Readiness(BaseModel):
    """What one worker found out about one account and model."""

    model_config = ConfigDict(frozen=True)

    account: str
    model: str
    worker: str
    state: State
    reason: str
    """One plain sentence; with `blocked`, what failed."""
    steps: tuple[Step, ...] = ()
    checked_at: datetime
    since: datetime | None = None
    """When this worker first found what it says now; None when that was at this check."""
    expires_at: datetime
    """After this moment it no longer counts."""

    @property
    def ready(self) -> bool:
        """Whether jobs may be claimed with it."""
        return self.state is State.READY
