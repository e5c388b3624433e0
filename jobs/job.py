"""A job: one ticket's way to a pull request, as a frozen record with the transitions it may make."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from ulid import ULID

from jobs import errors
from jobs.attachment import Attachment
from jobs.directives import Directives
from jobs.reasons import Reason
from jobs.results import CommandOutcome, PullRequest, Usage
from jobs.selection import Selection
from jobs.ticket import Person, Ticket


class Status(StrEnum):
    """Where a job is. Every status that does not run carries a reason."""

    RECEIVED = "received"
    """Recorded and promised to the sender; triage has not looked yet."""
    TRIAGING = "triaging"
    QUEUED = "queued"
    """In the lane of its provider account; shown as held while nobody is ready for it."""
    HELD = "held"
    """Waits for a person."""
    RUNNING = "running"
    PUBLISHING = "publishing"
    """The commit is pushed; pull request and report are being written."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    DENIED = "denied"
    """A rule said no before anything ran."""
    BLOCKED = "blocked"
    PUBLISH_FAILED = "publish_failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


ENDED = frozenset(
    {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.DENIED,
        Status.BLOCKED,
        Status.PUBLISH_FAILED,
        Status.CANCELLED,
        Status.SUPERSEDED,
    },
)

_STOPS = frozenset({Status.FAILED, Status.DENIED, Status.CANCELLED, Status.SUPERSEDED})

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.RECEIVED: frozenset({Status.TRIAGING, Status.QUEUED, Status.HELD}) | _STOPS,
    Status.TRIAGING: frozenset({Status.RECEIVED, Status.QUEUED, Status.HELD}) | _STOPS,
    Status.QUEUED: frozenset({Status.RUNNING, Status.HELD, Status.BLOCKED}) | _STOPS,
    Status.HELD: frozenset({Status.RECEIVED, Status.QUEUED, Status.BLOCKED}) | _STOPS,
    Status.RUNNING: frozenset(
        {Status.QUEUED, Status.PUBLISHING, Status.PUBLISH_FAILED, Status.HELD, Status.BLOCKED},
    )
    | _STOPS,
    Status.PUBLISHING: frozenset({Status.SUCCEEDED, Status.PUBLISH_FAILED, Status.FAILED}),
    Status.PUBLISH_FAILED: frozenset({Status.PUBLISHING, Status.RECEIVED}),
    Status.SUCCEEDED: frozenset(),
    Status.FAILED: frozenset({Status.RECEIVED}),
    Status.DENIED: frozenset({Status.RECEIVED}),
    Status.BLOCKED: frozenset({Status.RECEIVED, Status.CANCELLED}),
    Status.CANCELLED: frozenset({Status.RECEIVED}),
    Status.SUPERSEDED: frozenset(),
}
"""What may follow what. A retry goes back to `received`, so that triage decides afresh."""


def now() -> datetime:
    """The present moment in UTC, to the millisecond: what the records keep."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Answer(BaseModel):
    """What a command in a comment was answered; the job's report shows it."""

    model_config = ConfigDict(frozen=True)

    asked: str
    """The command's verb."""
    by: str
    """Who asked, by the tracker's identifier."""
    text: str
    """Markdown of ours; whatever it repeats of others is neutralised."""


class Job(BaseModel):
    """Everything a person may want to know about one job."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=lambda: str(ULID()).lower())
    """ULID in lower case: sorts by time of arrival."""
    status: Status = Status.RECEIVED
    reason: Reason | None = None
    ticket: Ticket
    actor: Person | None = None
    """Who triggered it."""
    directives: Directives = Directives()
    repository: str = ""
    """Alias of the repository it writes; empty before triage."""
    routed: str = ""
    """Why that one."""
    selection: Selection | None = None
    notes: tuple[str, ...] = ()
    """What was ignored, capped or could not be done: sentences for the ticket's people."""
    attachments: tuple[Attachment, ...] = ()
    """Files of the ticket that its runs are given, as they were when it was admitted."""
    continuation: str = ""
    """What somebody said is left to do, when the job was continued; more context for the agent. Hostile data."""
    answers: tuple[Answer, ...] = ()
    """To the latest commands, oldest first."""
    run: int = 0
    """How often it was dispatched; 0 before the first time."""
    worker: str = ""
    """Name of the worker that runs or last ran it."""
    claim: str = ""
    """Fencing token of the claim that runs it; words of an earlier claim are not believed."""
    branch: str = ""
    commit: str = ""
    base: str = ""
    """Commit the branch starts from."""
    summary: str = ""
    """What the agent says it did: a claim, shown as such."""
    validation: tuple[CommandOutcome, ...] = ()
    usage: Usage = Usage()
    pull_request: PullRequest | None = None
    created_at: datetime = Field(default_factory=now)
    updated_at: datetime = Field(default_factory=now)
    again_at: datetime | None = None
    """Of a received job that triage could not decide: when it looks again."""
    queued_at: datetime | None = None
    """Since when it waits for a worker; a run that was interrupted keeps its place."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0
    """Counts every saved change; a save of an older version is a conflict."""

    def log_context(self) -> dict[str, Any]:
        """What every log line about this job carries."""
        return {"job": self.id, "run": self.run, "ticket": self.ticket.key, "status": self.status.value}

    @property
    def dispatch_id(self) -> str:
        """Identifier of the present dispatch: `<job>.<run>`."""
        return f"{self.id}.{self.run}"

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in ENDED


def advance(job: Job, to: Status, reason: Reason | None = None, **changes: Any) -> Job:  # noqa: ANN401 - field values
    """Return `job` in its next status.

    Raises:
        errors.Conflict: the present status does not lead there.
    """
    if to not in TRANSITIONS[job.status]:
        msg = f"job {job.id} is {job.status}, which cannot become {to}"
        raise errors.Conflict(msg)
    moment = now()
    times: dict[str, Any] = {"updated_at": moment, "again_at": None}
    if to is Status.QUEUED and job.status is not Status.RUNNING:
        times |= {"queued_at": moment}
    if to is Status.RUNNING:
        times |= {"started_at": moment, "ended_at": None}
    if to in ENDED:
        times["ended_at"] = moment
    if to is Status.RECEIVED:
        times |= {"queued_at": None, "started_at": None, "ended_at": None}
    return job.model_copy(update={"status": to, "reason": reason, **times, **changes})
