"""Jobs and providers as the pages show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs.catalog import ProviderProfile
from jobs.holds import Hold
from jobs.job import Job, Status
from jobs.ledger.runs import Stage
from jobs.readiness import Readiness, State
from worker import steering
from worker.gateway import listing, waiting, words
from worker.gateway.standing import Standing
from worker.gateway.waiting import Line

GLYPHS = {
    "queued": "○",
    "held": "◔",
    "running": "●",
    "succeeded": "✓",
    "failed": "✕",
    "cancelled": "⊘",
    "ready": "✓",
    "degraded": "◔",
    "checking": "●",
    "blocked": "✕",
    "off": "○",
}
"""The sign beside each word, since colour alone says nothing to many."""

_LOOKS = {status: word for word, statuses in listing.WORDS.items() for status in statuses}


@dataclass(frozen=True)
class Shown:
    """A status as word, sign and style."""

    word: str
    look: str

    @property
    def glyph(self) -> str:
        """The sign of this status."""
        return GLYPHS[self.look]


@dataclass(frozen=True)
class Row:
    """One job of the queue page."""

    job: Job
    shown: Shown
    note: str
    """Why it does not run, or what it is doing."""
    hold: Hold | None
    """What keeps it from being started."""
    since: datetime
    """When the time that is shown began."""
    seconds: float
    ticking: bool
    """Whether that time is still running."""

    @property
    def can_retry(self) -> bool:
        """Whether it may be started again."""
        return can_retry(self.job)

    @property
    def retry_word(self) -> str:
        """What starting it again means: where only publishing failed, only that is repeated."""
        return "Publish again" if self.job.status is Status.PUBLISH_FAILED else "Retry"

    @property
    def can_cancel(self) -> bool:
        """Whether it may be stopped."""
        return can_cancel(self.job)


@dataclass(frozen=True)
class Card:
    """One provider of the providers page."""

    profile: ProviderProfile
    shown: Shown
    reason: str
    workers: tuple[Readiness, ...]
    waiting: int
    """Queued jobs of its account."""


@dataclass(frozen=True)
class Scene:
    """What a row needs to know beside its job."""

    standing: Standing
    moment: datetime
    stages: Mapping[str, str] = field(default_factory=dict)
    """Stage each running job is in, by job id."""
    line: Line = field(default_factory=Line)
    """Of those who wait."""


def can_retry(job: Job) -> bool:
    """Whether a person may start it again."""
    return job.status in steering.RETRIABLE


def can_cancel(job: Job) -> bool:
    """Whether a person may stop it."""
    return not job.ended and job.status is not Status.PUBLISHING


def shown(job: Job, scene: Scene) -> Shown:
    """The status of a job as it is shown."""
    return Shown("held", "held") if waiting.is_held(job, scene.standing, scene.line) else of_status(job.status)


def of_status(status: Status) -> Shown:
    """A stored status as it is shown."""
    return Shown(status.value.replace("_", " "), _LOOKS.get(status, "queued"))


def row(job: Job, scene: Scene) -> Row:
    """A job as a row of the queue."""
    since = job.started_at or job.created_at
    return Row(
        job=job,
        shown=shown(job, scene),
        note=note(job, scene),
        hold=scene.line.hold_of(job),
        since=since,
        seconds=((job.ended_at or scene.moment) - since).total_seconds(),
        ticking=not job.ended,
    )


def note(job: Job, scene: Scene) -> str:
    """What the job waits for, is doing, or came to; one sentence or less."""
    if job.status is Status.QUEUED:
        return waiting.why(job, scene.standing, scene.line, scene.moment)
    if stage := scene.stages.get(job.id):
        return f"{stage} on {job.worker}" if job.worker else stage
    if job.status is Status.SUCCEEDED and job.pull_request:
        return f"Pull request {job.pull_request.state}"
    return job.reason.sentence if job.reason else ""


def current_stage(stages: Sequence[Stage]) -> str:
    """The stage that runs, or the last one; empty before the first."""
    running = [stage for stage in stages if stage.state == "running"]
    return (running or list(stages))[-1].name if stages else ""


def card(profile: ProviderProfile, standing: Standing, waiting: int) -> Card:
    """A provider as a card."""
    said = standing.of(profile.account)
    look, reason = _judged(profile, standing.of(profile.account, profile.default_model))
    return Card(profile, Shown(look, look), reason, said, waiting)


def _judged(profile: ProviderProfile, said: Sequence[Readiness]) -> tuple[str, str]:
    """The look of a provider, by its default model, and the sentence to it."""
    ready = [entry for entry in said if entry.ready]
    if not profile.enabled:
        return "off", "Disabled in the configuration."
    if not said:
        return "off", "No worker has checked it yet. It is tested as soon as one connects."
    if len(ready) == len(said):
        return "ready", ready[0].reason
    if ready:
        return "degraded", f"Ready on {len(ready)} of {words.plural(len(said), 'worker')}."
    checking = all(entry.state is State.CHECKING for entry in said)
    return ("checking" if checking else "blocked"), _worst(said).reason


def _worst(said: Sequence[Readiness]) -> Readiness:
    return next((entry for entry in said if entry.state is State.BLOCKED), said[0])


_ORDER = ("ready", "degraded", "checking", "blocked", "off")


def in_order(cards: Sequence[Card]) -> list[Card]:
    """Cards with the usable ones first."""
    return sorted(cards, key=lambda entry: (_ORDER.index(entry.shown.look), entry.profile.name))
