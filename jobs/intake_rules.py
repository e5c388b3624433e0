"""What a source asks of a ticket beyond the managed label, and how its tickets show where their jobs are. Pure."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

_FROZEN = ConfigDict(frozen=True, extra="forbid")


class Marks(BaseModel):
    """Names of labels or of states by which a ticket shows where its job is; an empty one shows nothing."""

    model_config = _FROZEN

    working: str = ""
    """While it runs."""
    review: str = ""
    """When its pull request is open."""
    blocked: str = ""
    """When it ended without one."""

    def all(self) -> frozenset[str]:
        """Those that are set."""
        return frozenset(name for name in (self.working, self.review, self.blocked) if name)


class IntakeRules(BaseModel):
    """What a source asks of its tickets and shows on them. Nothing is asked or shown unless it is set."""

    model_config = _FROZEN

    projects: tuple[str, ...] = ()
    """Keys of Jira projects, or `owner/name` of GitHub repositories, whose tickets are taken; empty: all."""
    ready_states: tuple[str, ...] = ()
    """States in which a ticket may be worked on, such as `To Do`; empty: any that is not closed."""
    require_assignee: bool = False
    """Whether a ticket must be assigned to somebody."""
    assignees: tuple[str, ...] = ()
    """Who that may be, by login or account id; empty: any person."""
    groups: tuple[str, ...] = ()
    """Jira groups whose members may start jobs, beside the listed people."""
    roles: tuple[str, ...] = ()
    """Jira project roles whose holders may start jobs, beside the listed people."""
    labels: Marks = Marks()
    """Labels that are put on a ticket and taken away again; they must exist where labels are made by hand."""
    states: Marks = Marks()
    """Jira statuses a ticket is moved to."""
    assign: str = ""
    """Login or account id that a ticket is assigned to when its pull request is open, for review; empty: nobody."""
    poll_seconds: int = Field(60, ge=10, le=86_400)
    """Seconds between two looks for what no delivery told."""
