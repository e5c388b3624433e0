"""The stages of a job as the bar on its page. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs.job import Job, Status
from jobs.ledger.records import Transition
from jobs.ledger.runs import Stage

EXPECTED = ("checkout", "agent", "validate", "push")
"""Stages every run passes; those still ahead are shown pale."""

_WAYS = (("received", Status.RECEIVED), ("queued", Status.QUEUED))
_DEAD_ENDS = frozenset({Status.FAILED, Status.DENIED, Status.BLOCKED, Status.PUBLISH_FAILED})


@dataclass(frozen=True)
class Segment:
    """One piece of the bar."""

    name: str
    state: str
    """`done`, `running`, `waiting`, `failed`, `skipped` or `ahead`."""
    began: datetime | None = None
    seconds: float | None = None
    detail: str = ""
    anchor: str = ""
    """Where its output begins in the log; empty when it has none."""


def slug(run: int, name: str) -> str:
    """The name of a stage's place in the log: `stage-1-repair-2`."""
    return f"stage-{run}-{'-'.join(name.split())}"


def segments(job: Job, stages: Sequence[Stage], history: Sequence[Transition], moment: datetime) -> list[Segment]:
    """The way of the present run, from the ticket to the pull request."""
    present = _since_last_start(history)
    before = [_waited(name, status, job, present, moment) for name, status in _WAYS]
    ran = [_ran(stage, moment) for stage in stages]
    reached = {segment.name for segment in ran}
    ahead = [] if job.ended else [Segment(name, "ahead") for name in EXPECTED if name not in reached]
    return [*(segment for segment in before if segment), *ran, *ahead, *_published(job, present, moment)]


def _since_last_start(history: Sequence[Transition]) -> list[Transition]:
    starts = [place for place, step in enumerate(history) if step.status is Status.RECEIVED]
    return list(history[starts[-1] if starts else 0 :])


def _waited(name: str, status: Status, job: Job, steps: Sequence[Transition], moment: datetime) -> Segment | None:
    place = next((i for i, step in enumerate(steps) if step.status is status), None)
    if place is None:
        return None if job.ended else Segment(name, "ahead")
    after = [step for step in steps[place + 1 :] if step.status not in {status, Status.TRIAGING, Status.HELD}]
    end = after[0].at if after else None
    state = "waiting" if end is None else "failed" if after[0].status in _DEAD_ENDS else "done"
    began = steps[place].at
    return Segment(name, state, began, ((end or moment) - began).total_seconds())


def _ran(stage: Stage, moment: datetime) -> Segment:
    seconds = stage.seconds if stage.ended_at else (moment - stage.started_at).total_seconds()
    return Segment(stage.name, stage.state, stage.started_at, seconds, stage.detail, slug(stage.run, stage.name))


def _published(job: Job, steps: Sequence[Transition], moment: datetime) -> list[Segment]:
    place = next((i for i, step in enumerate(steps) if step.status is Status.PUBLISHING), None)
    if place is None:
        return [] if job.ended else [Segment("pull request", "ahead")]
    after = steps[place + 1 :]
    state = "running" if not after else "failed" if after[0].status in _DEAD_ENDS else "done"
    end = after[0].at if after else moment
    return [Segment("pull request", state, steps[place].at, (end - steps[place].at).total_seconds())]
