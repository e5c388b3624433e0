"""A claim: one job that this worker has taken, from the moment it was taken until it is let go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from jobs.queue import record
from jobs.queue.lease import Lease


@dataclass(frozen=True)
class Ending:
    """How a claim ends: the kind of its event, and what the event says beside the token."""

    kind: str
    data: Mapping[str, str] = field(default_factory=dict)


FINISHED = Ending("finished")
RELEASED = Ending("released")
"""The job waits again at its old place."""
CANCELLED = Ending("cancelled")
TIMED_OUT = Ending("failed", {"error": "TimeoutError", "message": "The run took longer than the worker allows."})


def failed(error: BaseException) -> Ending:
    """The end of a run that raised."""
    return Ending("failed", record.describe(error))


@dataclass(eq=False)
class Claim:
    """One claim and how far it has come."""

    lease: Lease
    enqueued_at: int
    """When the job was enqueued, in milliseconds."""
    stopping: bool = False
    """A person has cancelled the job."""
    ending: Ending | None = None
    """Set when the run has ended by itself."""
    releasing: asyncio.Task[None] | None = None
    _run: asyncio.Task[object] | None = field(default=None, repr=False)

    @property
    def dispatch_id(self) -> str:
        """What is claimed."""
        return self.lease.dispatch_id

    @property
    def token(self) -> str:
        """The fencing token of the claim."""
        return self.lease.token

    def begin(self) -> None:
        """Note that the calling task is the run.

        Raises:
            asyncio.CancelledError: the job was cancelled or lost before it began.
        """
        self._run = asyncio.current_task()
        if self.stopping or self.lease.lost.is_set():
            raise asyncio.CancelledError

    def stop(self) -> None:
        """Cancel the run because a person wants it; saying it again changes nothing."""
        if not self.stopping:
            self.stopping = True
            if self._run:
                self._run.cancel()

    def lose(self) -> None:
        """Cancel the run because the job is not ours any more; a run that is asking right now gets its answer."""
        if not self.lease.lost.is_set():
            self.lease.lost.set()
            if self._run and self._run is not asyncio.current_task():
                self._run.cancel()
