"""What a source asks of a ticket beyond the managed label, and how its tickets show where their jobs are. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

_FROZEN = ConfigDict(frozen=True, extra="forbid")

Entry = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")]
"""One name of a tracker: of a project, a status, a group, an account."""

Word = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,255}$")]
"""The same, or empty."""


class Marks(BaseModel):
    """Names of labels or of states by which a ticket shows where its job is; an empty one shows nothing."""

    model_config = _FROZEN

    working: Word = ""
    """While it runs."""
    review: Word = ""
    """When its pull request is open."""
    blocked: Word = ""
    """When it ended without one."""

    def all(self) -> frozenset[str]:
        """Those that are set."""
        return frozenset(name for name in (self.working, self.review, self.blocked) if name)


class IntakeRules(BaseModel):
    """What a source asks of its tickets and shows on them. Nothing is asked or shown unless it is set."""

    model_config = _FROZEN

    projects: tuple[Entry, ...] = ()
    """Keys of Jira projects, or `owner/name` of GitHub repositories, whose tickets are taken; empty: all."""
    ready_states: tuple[Entry, ...] = ()
    """States in which a ticket may be worked on, such as `To Do`; empty: any that is not closed."""
    require_assignee: bool = False
    """Whether a ticket must be assigned to somebody."""
    assignees: tuple[Entry, ...] = ()
    """Who that may be, by login or account id; empty: any person."""
    groups: tuple[Entry, ...] = ()
    """Jira groups whose members may start jobs, beside the listed people."""
    roles: tuple[Entry, ...] = ()
    """Jira project roles whose holders may start jobs, beside the listed people."""
    labels: Marks = Marks()
    """Labels that are put on a ticket and taken away again; they must exist where labels are made by hand."""
    states: Marks = Marks()
    """Jira statuses a ticket is moved to."""
    assign: Word = ""
    """Login or account id that a ticket is assigned to when its pull request is open, for review; empty: nobody."""
    poll_seconds: int = Field(60, ge=10, le=86_400)
    """Seconds between two looks for what no delivery told."""


FIELDS = {
    "github": ("projects", "require_assignee", "assignees", "labels", "assign", "poll_seconds"),
    "jira": tuple(IntakeRules.model_fields),
    "local": ("projects", "ready_states", "require_assignee", "assignees"),
}
"""The rules that mean something for a kind of source; nothing acts on the others there."""

_TRACKERS = {"github": "GitHub", "jira": "Jira", "local": "a local source"}
_PROJECTS = {
    "github": (re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+\Z"), "a repository of GitHub, such as acme/shop"),
    "jira": (re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}\Z"), "the key of a project, such as PAY"),
}
_LABEL_SPACES = re.compile(r"\s")


def faults(rules: IntakeRules, kind: str, managed_label: str) -> dict[str, str]:
    """What cannot be meant by rules for a kind of source: one sentence per field, none where all is well.

    Args:
        rules: as somebody wants them.
        kind: `github`, `jira` or `local`.
        managed_label: asks for work, so it can show nothing else.
    """
    return dict(
        (*_idle(rules, kind), *_misspelled(rules, kind), *_unasked(rules), *_mistaken(rules, kind, managed_label))
    )


def _idle(rules: IntakeRules, kind: str) -> Iterator[tuple[str, str]]:
    changed = set(rules.model_dump(exclude_defaults=True))
    for field in sorted(changed - set(FIELDS[kind])):
        yield field, f"Nothing acts on this for {_TRACKERS[kind]}: leave it out."


def _misspelled(rules: IntakeRules, kind: str) -> Iterator[tuple[str, str]]:
    spelling, meant = _PROJECTS.get(kind, (None, ""))
    for name in rules.projects if spelling else ():
        if spelling and not spelling.match(name):
            yield "projects", f"{name} is not {meant}."


def _unasked(rules: IntakeRules) -> Iterator[tuple[str, str]]:
    if rules.assignees and not rules.require_assignee:
        yield "assignees", "This holds only where a ticket must be assigned to somebody: ask for that as well."


def _mistaken(rules: IntakeRules, kind: str, managed_label: str) -> Iterator[tuple[str, str]]:
    for point, label in rules.labels:
        if label.casefold() == managed_label.casefold():
            yield (
                f"labels.{point}",
                f"{label} is the label that asks for work: choose another one to show where a job is.",
            )
        elif kind == "jira" and _LABEL_SPACES.search(label):
            yield f"labels.{point}", "A label of Jira holds no spaces."
