"""Attempts as the job page shows them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.ledger.attempts import PUBLISHED, RUNNING, Attempt
from worker.gateway.views import Shown

_SHOWN = {
    RUNNING: Shown("running", "running"),
    PUBLISHED: Shown("published", "succeeded"),
    "parked": Shown("waits for its provider", "held"),
    "released": Shown("put back", "queued"),
    "lost": Shown("worker lost", "failed"),
    "crashed": Shown("worker died", "failed"),
    "unpublished": Shown("not pushed", "failed"),
    "cancelled": Shown("cancelled", "cancelled"),
}


@dataclass(frozen=True)
class AttemptRow:
    """One attempt of a job."""

    attempt: Attempt
    shown: Shown
    why: str
    """The code of the reason as words; empty where the outcome says it all."""
    seconds: float
    ticking: bool


def rows(attempts: Sequence[Attempt], moment: datetime) -> list[AttemptRow]:
    """Every attempt, oldest first; none where there was but one that goes or went well: the page says so already."""
    if len(attempts) == 1 and attempts[0].outcome in {RUNNING, PUBLISHED}:
        return []
    return [_row(attempt, moment) for attempt in attempts]


def _row(attempt: Attempt, moment: datetime) -> AttemptRow:
    return AttemptRow(
        attempt=attempt,
        shown=_SHOWN.get(attempt.outcome, Shown(attempt.outcome, "failed")),
        why=attempt.reason.replace("_", " ") if attempt.outcome != PUBLISHED else "",
        seconds=((attempt.ended_at or moment) - attempt.started_at).total_seconds(),
        ticking=attempt.ended_at is None,
    )
