"""What the duties work with, made once in the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jobs.catalog import Catalog, Source
from jobs.events import Events, Logs
from jobs.ledger.database import Ledger
from jobs.queue.dispatch import Dispatch
from worker.trackers.protocol import Tracker


@dataclass(frozen=True)
class Office:
    """The parts every duty may use."""

    ledger: Ledger
    dispatch: Dispatch
    events: Events
    logs: Logs
    catalog: Callable[[], Awaitable[Catalog]]
    sources: Callable[[], Awaitable[dict[str, Source]]]
    tracker: Callable[[str], Tracker]
    """The outbound side of a source, by the source's name."""
    retention_days: int = 0
    """Days a job is kept after its end; 0 keeps everything."""
