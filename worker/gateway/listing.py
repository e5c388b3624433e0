"""Which jobs stand under which status word of the queue page.

*Held* has two origins: jobs stored as `held`, and queued jobs whose account no worker is ready for. The ledger knows
nothing of readiness, so a word becomes one or more ledger filters, and their results are merged.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from jobs.job import Job, Status
from jobs.ledger import records
from jobs.ledger.database import Transaction
from jobs.ledger.records import Filter

WORDS: dict[str, tuple[Status, ...]] = {
    "running": (Status.RUNNING, Status.PUBLISHING),
    "queued": (Status.RECEIVED, Status.TRIAGING),
    "held": (Status.HELD,),
    "succeeded": (Status.SUCCEEDED,),
    "failed": (Status.FAILED, Status.DENIED, Status.BLOCKED, Status.PUBLISH_FAILED),
    "cancelled": (Status.CANCELLED, Status.SUPERSEDED),
}
"""The tiles, with the stored statuses that always stand under them; `queued` itself goes by readiness."""


@dataclass(frozen=True)
class Accounts:
    """The accounts that occur in the ledger, told apart by readiness."""

    known: tuple[str, ...]
    ready: frozenset[str]

    def waiting(self, wanted: Filter) -> tuple[str, ...]:
        """Accounts within the filter that no worker is ready for."""
        return tuple(name for name in self._within(wanted) if name not in self.ready)

    def served(self, wanted: Filter) -> tuple[str, ...]:
        """Accounts within the filter that some worker is ready for."""
        return tuple(name for name in self._within(wanted) if name in self.ready)

    def _within(self, wanted: Filter) -> tuple[str, ...]:
        return tuple(name for name in self.known if wanted.provider in {"", name})


def filters(word: str, wanted: Filter, accounts: Accounts) -> list[Filter]:
    """The ledger filters that together hold what stands under `word`; without a word, everything wanted."""
    if word not in WORDS:
        return [wanted]
    stored = wanted.model_copy(update={"statuses": WORDS[word]})
    by_readiness = {"queued": accounts.served(wanted), "held": accounts.waiting(wanted)}.get(word, ())
    return [stored, *(_queued(wanted, account) for account in by_readiness)]


async def page(tx: Transaction, wanted: Sequence[Filter], limit: int) -> list[Job]:
    """Jobs of all these filters, newest first, at most `limit`."""
    found = [job for part in wanted for job in await records.listing(tx, part, limit=limit)]
    return sorted(found, key=lambda job: job.id, reverse=True)[:limit]


async def counts(tx: Transaction, wanted: Filter, accounts: Accounts) -> dict[str, int]:
    """How many jobs stand under each word."""
    stored = await records.counts(tx, wanted)
    totals = {word: sum(stored.get(status, 0) for status in statuses) for word, statuses in WORDS.items()}
    waiting = await _count_queued(tx, wanted, accounts.waiting(wanted))
    totals["held"] += waiting
    totals["queued"] += stored.get(Status.QUEUED, 0) - waiting
    return totals


async def _count_queued(tx: Transaction, wanted: Filter, accounts: Collection[str]) -> int:
    return sum([(await records.counts(tx, _queued(wanted, name))).get(Status.QUEUED, 0) for name in accounts])


def _queued(wanted: Filter, account: str) -> Filter:
    return wanted.model_copy(update={"statuses": (Status.QUEUED,), "provider": account})
