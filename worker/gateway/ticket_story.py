"""Everything that is known of one ticket, told in order: what arrived, what its jobs did, who asked for what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from jobs.job import Job
from jobs.ledger import commands, deliveries, records, runs
from jobs.ledger.commands import Command
from jobs.ledger.database import Transaction
from jobs.ledger.deliveries import Filter, Received
from jobs.ledger.records import Transition
from jobs.ledger.runs import Report, Stage
from worker.gateway import delivery_words, scene, views, words
from worker.gateway.scene import Ground
from worker.gateway.views import Shown

MOST = 100  # deliveries, and as many commands; the newest are kept

_STAGES = {
    "running": Shown("running", "running"),
    "done": Shown("done", "succeeded"),
    "failed": Shown("failed", "failed"),
    "skipped": Shown("skipped", "cancelled"),
}
_NO_VERBS = {"edited": "text edited", "unclear": "unclear command"}
_TOLD = Shown("told", "succeeded")


@dataclass(frozen=True)
class Step:
    """One thing that happened."""

    at: datetime
    shown: Shown
    what: str
    """In a word or two: `issues.opened`, `job`, `checkout`."""
    who: str
    """Empty where nobody in particular did it."""
    why: str
    job_id: str = ""
    """The job it belongs to; empty when it belongs to none."""


@dataclass(frozen=True)
class Chapter:
    """One job with what it left behind."""

    job: Job
    history: tuple[Transition, ...]
    stages: tuple[Stage, ...]
    """Of its present run."""
    report: Report | None
    """What was last said of it on the ticket."""


@dataclass(frozen=True)
class Story:
    """What the ledger knows of a ticket."""

    chapters: tuple[Chapter, ...]
    """Newest first."""
    received: tuple[Received, ...]
    asked: tuple[Command, ...]
    ground: Ground
    """As `scene.look` takes it."""

    @property
    def jobs(self) -> list[Job]:
        """Its jobs, newest first."""
        return [chapter.job for chapter in self.chapters]

    @property
    def cut(self) -> bool:
        """Whether older steps may be missing."""
        return len(self.jobs) == records.PAGE or MOST in {len(self.received), len(self.asked)}

    def __bool__(self) -> bool:
        return bool(self.chapters or self.received or self.asked)


def address(source: str, key: str) -> str:
    """The page of a ticket: its key may hold anything."""
    return f"/tickets/{quote(source, safe='')}/{quote(key, safe='')}"


def read(tx: Transaction, source: str, key: str) -> Story:
    """What there is; an empty story when nothing is known of such a ticket."""
    jobs = records.of_ticket(tx, source, key)
    return Story(
        chapters=tuple(_chapter(tx, job) for job in jobs),
        received=tuple(deliveries.listing(tx, Filter(source=source, ticket=key), limit=MOST)),
        asked=tuple(commands.of_ticket(tx, source, key, MOST)),
        ground=scene.ground(tx, jobs),
    )


def steps(story: Story) -> list[Step]:
    """Everything that happened, oldest first, without what trackers told us of our own comments."""
    received = [delivery for delivery in story.received if delivery.reason not in delivery_words.ECHOES]
    told = [_received(delivery) for delivery in reversed(received)]  # what is of one millisecond stays in its order
    told += [_asked(command) for command in reversed(story.asked)]
    for chapter in reversed(story.chapters):
        told += _worked(chapter)
    return sorted(told, key=lambda step: step.at)


def _chapter(tx: Transaction, job: Job) -> Chapter:
    history, stages = records.history(tx, job.id), runs.stages(tx, job.id, job.run)
    return Chapter(job, tuple(history), tuple(stages), runs.report_kept(tx, job.id))


def _received(delivery: Received) -> Step:
    shown = Shown(delivery.outcome, delivery_words.OUTCOMES.get(delivery.outcome, "queued"))
    why = delivery_words.why(delivery) or "Taken in."
    return Step(delivery.received_at, shown, delivery.event, delivery.actor, why, delivery.job_id or "")


def _asked(command: Command) -> Step:
    shown = Shown("done", "succeeded") if command.outcome else Shown("waiting", "queued")
    what = _NO_VERBS.get(command.kind, f"/jca {command.kind}")
    return Step(command.created_at, shown, what, command.actor.id, command.outcome)


def _worked(chapter: Chapter) -> Iterator[Step]:
    job_id = chapter.job.id
    for step in chapter.history:
        yield Step(step.at, views.of_status(step.status), "job", step.who, step.why, job_id)
    for stage in chapter.stages:
        took = words.duration(stage.seconds) if stage.ended_at else ""
        why = ", ".join(part for part in (stage.detail, took) if part)
        yield Step(stage.started_at, _STAGES[stage.state], stage.name, chapter.job.worker, why, job_id)
    if chapter.report:
        yield Step(chapter.report.updated_at, _TOLD, "comment", "jca", _headline(chapter.report.body), job_id)


def _headline(body: str) -> str:
    return body.partition("\n")[0].removeprefix("### ")
