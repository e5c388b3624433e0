"""Which jobs stand under which status word of the queue page.

*Held* has two origins: jobs stored as `held`, and queued jobs that cannot be started, because a hold concerns them or
no worker is ready for their model. So a word becomes one or two ledger filters, and their results are merged.
"""

from __future__ import annotations

from collections.abc import Sequence

from jobs.job import Job, Status
from jobs.ledger import holds, records
from jobs.ledger.database import Transaction
from jobs.ledger.obstacles import Obstacles
from jobs.ledger.records import Filter
from jobs.queue.offer import Offer
from worker.gateway.standing import Standing

WORDS: dict[str, tuple[Status, ...]] = {
    "running": (Status.RUNNING, Status.PUBLISHING),
    "queued": (Status.RECEIVED, Status.TRIAGING),
    "held": (Status.HELD,),
    "succeeded": (Status.SUCCEEDED,),
    "failed": (Status.FAILED, Status.DENIED, Status.BLOCKED, Status.PUBLISH_FAILED),
    "cancelled": (Status.CANCELLED, Status.SUPERSEDED),
}
"""The tiles, with the stored statuses that always stand under them; `queued` goes by what stands before it."""


_OBSTRUCTED = {"queued": False, "held": True}
"""The words of queued jobs."""


def obstacles(tx: Transaction, standing: Standing) -> Obstacles:
    """What keeps queued jobs from being started now."""
    wanted = sorted(records.offers_wanted(tx))
    return Obstacles(
        subjects=tuple(dict.fromkeys(hold.subject for hold in holds.present(tx))),
        offers=tuple(offer for offer in wanted if not standing.is_ready(Offer(*offer))),
    )


def filters(word: str, wanted: Filter, met: Obstacles) -> list[Filter]:
    """The ledger filters that together hold what stands under `word`; without a word, everything wanted."""
    if word not in WORDS:
        return [wanted]
    stored = wanted.model_copy(update={"statuses": WORDS[word]})
    return [stored, _queued(wanted, met, obstructed=_OBSTRUCTED[word])] if word in _OBSTRUCTED else [stored]


def page(tx: Transaction, wanted: Sequence[Filter], limit: int) -> list[Job]:
    """Jobs of all these filters, newest first, at most `limit`."""
    found = [job for part in wanted for job in records.listing(tx, part, limit=limit)]
    return sorted(found, key=lambda job: job.id, reverse=True)[:limit]


def counts(tx: Transaction, wanted: Filter, met: Obstacles) -> dict[str, int]:
    """How many jobs stand under each word."""
    stored = records.counts(tx, wanted)
    totals = {word: sum(stored.get(status, 0) for status in statuses) for word, statuses in WORDS.items()}
    obstructed = records.counts(tx, _queued(wanted, met, obstructed=True)).get(Status.QUEUED, 0)
    totals["held"] += obstructed
    totals["queued"] += stored.get(Status.QUEUED, 0) - obstructed
    return totals


def _queued(wanted: Filter, met: Obstacles, *, obstructed: bool) -> Filter:
    return wanted.model_copy(update={"statuses": (Status.QUEUED,), "obstacles": met, "obstructed": obstructed})
