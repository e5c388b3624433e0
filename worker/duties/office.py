"""What the duties work with, made once in the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from jobs.catalog import Catalog, Source
from jobs.events import Events, Logs
from jobs.ledger.database import Ledger, StillLeading
from jobs.queue.dispatch import Dispatch
from jobs.repository import Repository
from worker.trackers.protocol import CodeHost, Tracker


async def _always() -> bool:
    return True


@dataclass(frozen=True)
class Office:
    """The parts every duty may use."""

    ledger: Ledger
    dispatch: Dispatch
    events: Events
    logs: Logs
    catalog: Callable[[], Awaitable[Catalog]]
    sources: Callable[[], Awaitable[dict[str, Source]]]
    tracker: Callable[[str], Awaitable[Tracker]]
    """Where the tickets of a source live, by the source's name; NotReady where it cannot be reached."""
    code_host: Callable[[Repository], Awaitable[CodeHost]]
    """Where a repository lives; NotReady where it cannot be reached."""
    retention_days: int = 0
    """Days a job is kept after its end; 0 keeps everything."""
    edit_seconds: float = 20
    """Between two edits of one job's report while it is under way."""
    leading: StillLeading = _always
    """Whether this process still leads: asked before each write outside."""
