"""The queue as one list: what the lanes, indexes and sets of the scripts must amount to."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from jobs import holds
from jobs.queue.offer import Offer

CRASH_LIMIT = 3


@dataclass
class Job:
    """A dispatch, in exactly one state."""

    id: str
    offer: Offer
    repository: str
    score: int
    state: str = "queued"
    token: str = ""
    stop: str = ""
    deaths: int = 0
    overdue: bool = False
    """Its lease has ended, and nobody has noticed."""

    @property
    def subjects(self) -> tuple[str, str]:
        return holds.account(self.offer.account), holds.repository(self.repository)


@dataclass
class Model:
    """What the queue would be if it were small."""

    jobs: dict[str, Job] = field(default_factory=dict)
    limits: dict[str, int] = field(default_factory=dict)
    holds: set[str] = field(default_factory=set)
    open: bool = True

    def of(self, state: str) -> list[Job]:
        """The jobs in a state, whose turn comes first first."""
        return sorted((job for job in self.jobs.values() if job.state == state), key=lambda job: job.score)

    def running(self, subject: str) -> set[str]:
        return {job.id for job in self.of("running") if subject in job.subjects}

    def claim(self, offers: Collection[Offer], free: int) -> Iterator[Job]:
        """The jobs that are claimed, as they are."""
        self.sweep()
        while self.open and free > 0 and (job := self._next(offers)):
            job.state = "running"
            free -= 1
            yield job

    def release(self, job: Job, kind: str) -> None:
        """A claim ends."""
        if kind == "released" and not job.stop:
            job.state, job.token, job.overdue = "queued", "", False
        else:
            del self.jobs[job.id]

    def sweep(self) -> None:
        """Somebody notices which workers are dead."""
        for job in [job for job in self.of("running") if job.overdue and self.open]:
            job.deaths += 1
            self.release(job, "released" if job.deaths < CRASH_LIMIT else "crashed")

    def end(self, job: Job, stop: str) -> None:
        """A job is cancelled or withdrawn, after a sweep."""
        if job.state == "running":
            job.stop = "withdrawn" if "withdrawn" in {job.stop, stop} else stop
        else:
            del self.jobs[job.id]

    def _next(self, offers: Collection[Offer]) -> Job | None:
        eligible = (job for job in self.of("queued") if job.offer in offers and not self._is_shut(job))
        return next(eligible, None)

    def _is_shut(self, job: Job) -> bool:
        held = self.holds & {holds.EVERYTHING, *job.subjects}
        full = [s for s in job.subjects if s in self.limits and len(self.running(s)) >= self.limits[s]]
        return bool(held or full)
