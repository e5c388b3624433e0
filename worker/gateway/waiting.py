"""What a queued job waits for: the end of a hold, a worker that is ready for it, or its turn. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jobs import estimate, holds
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.job import Job, Status
from jobs.queue.offer import Offer
from jobs.queue.place import GONE, Place
from jobs.selection import Selection
from worker.gateway import words
from worker.gateway.standing import Standing


@dataclass(frozen=True)
class Pace:
    """How long runs of an account take."""

    durations: Sequence[float] = ()
    """Seconds, of those that ended last."""
    began: Sequence[datetime] = ()
    """When those that are under way were started."""


@dataclass(frozen=True)
class Line:
    """What is known about those who wait."""

    holds: tuple[Hold, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)
    """By dispatch id; empty while the queue does not answer."""
    starts: Mapping[str, float] = field(default_factory=dict)
    """Seconds until the start, by dispatch id, where that can be estimated."""

    def hold_of(self, job: Job) -> Hold | None:
        """The hold that keeps this job from being started longest."""
        return holds.of(job, self.holds) if job.status is Status.QUEUED else None

    def place_of(self, job: Job) -> Place:
        """Where it stands."""
        return self.places.get(job.dispatch_id, GONE)


def estimates(
    jobs: Sequence[Job],
    places: Mapping[str, Place],
    paces: Mapping[str, Pace],
    slots: Mapping[Offer, int],
    moment: datetime,
) -> dict[str, float]:
    """Seconds until each of the jobs that stand in line is started, by dispatch id, where that can be said."""
    found = {}
    for job in jobs:
        place = places.get(job.dispatch_id, GONE)
        if job.selection and place.position:
            pace = paces.get(place.account, Pace())
            elapsed = [(moment - began).total_seconds() for began in pace.began]
            free = slots.get(offer(job.selection), 0)
            found[job.dispatch_id] = estimate.start_in(place.position, pace.durations, elapsed, free)
    return {dispatch_id: seconds for dispatch_id, seconds in found.items() if seconds is not None}


def slots(standing: Standing, workers: Mapping[str, int], catalog: Catalog) -> dict[Offer, int]:
    """How many jobs can run at a time with each model that some worker is ready for.

    Args:
        standing: who is ready.
        workers: how many jobs each worker runs at a time.
        catalog: with the limits of the accounts.
    """
    most = {profile.account: profile.max_parallel for profile in catalog.providers}
    found: dict[Offer, int] = {}
    for entry in standing.live:
        if entry.ready:
            wanted = Offer(entry.account, entry.model)
            found[wanted] = found.get(wanted, 0) + workers.get(entry.worker, 0)
    return {wanted: min(count, most.get(wanted.account) or count) for wanted, count in found.items()}


def offer(selection: Selection) -> Offer:
    """What a worker has to be ready for."""
    return Offer(selection.account, selection.model)


def is_held(job: Job, standing: Standing, line: Line) -> bool:
    """Whether it waits for a person, the end of a hold, or a worker that is ready for it."""
    if job.status is Status.QUEUED:
        unready = job.selection is None or not standing.is_ready(offer(job.selection))
        return unready or line.hold_of(job) is not None
    return job.status is Status.HELD


def why(job: Job, standing: Standing, line: Line, moment: datetime) -> str:
    """What a queued job waits for."""
    if hold := line.hold_of(job):
        return held_until(hold, moment)
    if job.selection is None:
        return "Waiting for a provider"
    wanted, place = offer(job.selection), line.place_of(job)
    if not standing.is_ready(wanted):
        return standing.why_waiting(wanted)
    if place.state == "delayed":
        return "Put off for a while; it then goes on from its old place"
    if not place.position:
        return ""
    turn = "Next" if place.position == 1 else f"Number {place.position}"
    soon = line.starts.get(job.dispatch_id)
    return f"{turn} in line for {wanted.account}" + (f", starts {words.about(soon)}" if soon is not None else "")


def held_until(hold: Hold, moment: datetime) -> str:
    """Why a hold is there, and until when."""
    sentence = hold.reason.sentence
    if hold.until is None or words.clock(hold.until) in sentence:
        return sentence
    return f"{sentence} Until {words.upcoming(hold.until, moment)}."
