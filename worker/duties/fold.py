"""Fold: what executors and the queue reported becomes the record. The position is kept in the same transaction."""

from __future__ import annotations

from collections.abc import Sequence

from jobs.events import Event
from jobs.ledger import configuration
from jobs.ledger.database import Transaction
from worker.duties import archive, changes
from worker.duties.office import Office

POSITION = "events"
LOG_KEPT = 3600.0  # seconds the live stream outlives its archive, for readers that are following it


async def once(office: Office, *, block_ms: int = 0) -> int:
    """Fold what is new; returns how many events that were. Waits at most `block_ms` for the first."""
    position = await office.ledger.read(_position)
    news = await office.events.read(position, block_ms=block_ms)
    if not news:
        return 0
    for job_id in await office.ledger.write(_apply_all, position, news):
        await archive.lines_of(office, job_id)
        await office.logs.expire(job_id, LOG_KEPT)
    await office.events.trim(news[-1].id)
    return len(news)


async def everything(office: Office) -> None:
    """Fold until there is nothing new."""
    while await once(office):
        pass


def _position(tx: Transaction) -> str:
    return configuration.mark(tx, POSITION) or "0"


def _apply_all(tx: Transaction, position: str, news: Sequence[Event]) -> list[str]:
    """Apply events in order; returns the jobs whose runs they ended."""
    if _position(tx) != position:
        return []  # another fold was faster
    ended = [event.job for event in news if changes.apply(tx, event)]
    configuration.set_mark(tx, POSITION, news[-1].id)
    return ended
