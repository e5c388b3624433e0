"""Jobs as `/api/v1/jobs` answers them."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator

from jobs.holds import Hold
from jobs.job import Job, Status
from jobs.ledger.attempts import Attempt
from jobs.ledger.records import Filter, Transition
from jobs.ledger.runs import Stage
from jobs.reasons import Reason
from jobs.results import Usage
from worker.gateway import listing, views
from worker.gateway.dossier import Dossier
from worker.gateway.views import Scene

MOST = 200  # jobs in one answer

_FROZEN = ConfigDict(frozen=True)


class JobsQuery(BaseModel):
    """What a list of jobs is narrowed to."""

    model_config = ConfigDict(extra="forbid")

    status: str = ""
    """A word of the queue page (`running`, `queued`, `held`, `failed`, …) or a stored status (`denied`, …)."""
    q: str = Field("", max_length=200)
    """Words in ticket key, title, repository, branch or job id."""
    provider: str = ""
    repository: str = ""
    before: str = ""
    """Job id: only older ones. The `next` of the last page."""
    limit: int = Field(50, ge=1, le=MOST)

    @field_validator("status")
    @classmethod
    def _known(cls, value: str) -> str:
        words = [*listing.WORDS, *(status.value for status in Status if status.value not in listing.WORDS)]
        if value and value not in words:
            raise ValueError(f"{value!r} is none of {', '.join(words)}")
        return value

    def filter(self) -> Filter:
        """The ledger's filter, without the word of the queue page."""
        stored = () if self.status in {"", *listing.WORDS} else (Status(self.status),)
        return Filter(
            statuses=stored, text=self.q, provider=self.provider, repository=self.repository, before=self.before
        )


class Turn(BaseModel):
    """Where a job that waits is."""

    model_config = _FROZEN

    position: int | None
    """Among all that wait for the same account, counted from 1; null when it does not stand in line."""
    starts_in_seconds: float | None
    """An estimate from how long others took; null where nothing can be said."""
    held_by: Hold | None
    """What keeps it from being started."""

    @classmethod
    def of(cls, job: Job, around: Scene) -> Turn:
        """The turn of a job."""
        return cls(
            position=around.line.place_of(job).position or None,
            starts_in_seconds=around.line.starts.get(job.dispatch_id),
            held_by=around.line.hold_of(job),
        )


class JobLine(Turn):
    """A job in a list: what is shown of it without its texts."""

    id: str
    status: Status
    shown: str
    """The status in the word people see: a queued job nobody is ready for is `held`."""
    note: str
    """Why it does not run, what it is doing, or what it came to."""
    reason: Reason | None
    source: str
    ticket: str
    title: str
    ticket_url: str
    repository: str
    provider: str
    model: str
    run: int
    worker: str
    usage: Usage
    branch: str
    pull_request: str
    """Its address; empty while there is none."""
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class JobPage(BaseModel):
    """Jobs, newest first."""

    model_config = _FROZEN

    jobs: tuple[JobLine, ...]
    next: str | None
    """`before` of the next page; null on the last."""


class JobDetail(Job, Turn):
    """Everything about one job but its log and diff."""

    shown: str
    note: str
    stages: tuple[Stage, ...]
    """Of the present run."""
    attempts: tuple[Attempt, ...]
    """Every claim of every run, oldest first."""
    history: tuple[Transition, ...]
    report: str
    """What the ticket's author reads, as Markdown."""


def line(job: Job, around: Scene) -> JobLine:
    """A job as a line of a list."""
    row = views.row(job, around)
    return JobLine(
        **job.model_dump(
            include={
                "id",
                "status",
                "reason",
                "repository",
                "run",
                "worker",
                "usage",
                "branch",
                "created_at",
                "started_at",
                "ended_at",
            },
        ),
        **dict(Turn.of(job, around)),
        shown=row.shown.word,
        note=row.note,
        source=job.ticket.source,
        ticket=job.ticket.key,
        title=job.ticket.title,
        ticket_url=job.ticket.url,
        provider=job.selection.provider if job.selection else "",
        model=job.selection.model if job.selection else "",
        pull_request=job.pull_request.url if job.pull_request else "",
    )


def detail(found: Dossier, around: Scene) -> JobDetail:
    """Everything about a job."""
    row = views.row(found.job, around)
    return JobDetail(
        **dict(found.job),
        **dict(Turn.of(found.job, around)),
        shown=row.shown.word,
        note=row.note,
        stages=found.stages,
        attempts=found.attempts,
        history=found.history,
        report=found.report,
    )
