"""Where a job is, as labels and states of its ticket show it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from jobs.intake_rules import Marks
from jobs.job import Job, Status
from jobs.results import PullRequestState

Point = Literal["working", "review", "blocked"]
"""What a ticket can show."""

_BLOCKED = frozenset({Status.FAILED, Status.BLOCKED, Status.PUBLISH_FAILED})
_WORKING = frozenset({Status.RUNNING, Status.PUBLISHING})


@dataclass(frozen=True)
class Change:
    """What is to be put on a ticket, and what to be taken away where it is there."""

    add: tuple[str, ...]
    remove: tuple[str, ...]


def point(job: Job) -> Point | None:
    """What the ticket is to show; None: none of it. One that was never started is left as it was found."""
    if job.status is Status.SUCCEEDED:
        merged = job.pull_request is not None and job.pull_request.state is PullRequestState.MERGED
        return None if merged else "review"
    if job.status in _BLOCKED:
        return "blocked"
    return "working" if job.status in _WORKING else None


def named(names: Marks, at: Point | None) -> str:
    """The name for a point; empty where there is none."""
    return str(getattr(names, at)) if at else ""


def change(names: Marks, at: Point | None, there: Collection[str]) -> Change:
    """What brings the labels that are there to the one that is wanted; those that are not ours are left alone."""
    wanted, present = named(names, at), {label.casefold() for label in there}
    others = sorted(name for name in names.all() - {wanted} if name.casefold() in present)
    return Change((wanted,) if wanted and wanted.casefold() not in present else (), tuple(others))
