"""What an executor reports when a run is over: the host's verdict with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from jobs.reasons import Reason
from jobs.results import CommandOutcome, Usage


class RunResult(BaseModel):
    """How a run ended. Travels through the event stream as JSON."""

    model_config = ConfigDict(frozen=True)

    outcome: Literal["published", "failed", "parked", "unpublished"]
    """`published`: the branch carries the commit. `unpublished`: the change is good and stored here, but could not be
    pushed. `parked`: the provider account has to rest; the job goes on by itself. `failed`: nothing was pushed."""
    reason: Reason
    until: datetime | None = None
    """Of a parked run: when its provider account may be used again."""
    branch: str = ""
    commit: str = ""
    base: str = ""
    base_branch: str = ""
    summary: str = ""
    """What the agent says it did: a claim."""
    files: tuple[str, ...] = ()
    diff: str = ""
    """The change as unified diff; kept for failed runs too, so that no work is lost."""
    diff_truncated: bool = False
    validation: tuple[CommandOutcome, ...] = ()
    usage: Usage = Usage()
