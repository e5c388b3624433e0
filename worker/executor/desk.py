"""What a run works with: protocols for the world around it, and the desk that holds them together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from jobs.attachment import Attachment
from jobs.catalog import ProviderProfile
from jobs.order import WorkOrder
from jobs.repository import Repository
from jobs.results import Usage
from worker.sandbox.git import GitCredential
from worker.sandbox.mirror import Mirrors

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from jobs.ledger.runs import StageState


class Lease(Protocol):
    """The right to act for a job."""

    @property
    def token(self) -> str:
        """What proves the claim to the gateway; empty where there is none."""

    async def current(self) -> bool:
        """Prove, now, that this run still owns its job."""


class EventSink(Protocol):
    """Where a run says what it is doing."""

    async def stage(self, name: str, state: StageState, detail: str = "") -> None:
        """A stage began or ended."""

    async def note(self, kind: str, text: str) -> None:
        """A line of live output; `kind` is `agent`, `tool`, `output` or `note`."""

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""


class Credentials(Protocol):
    """What a run may use, leased for it alone."""

    async def provider(self, name: str) -> ProviderProfile:
        """The provider profile with its key.

        Raises:
            errors.TryAgain: whoever knows it does not answer now.
            errors.NotReady: there is no such profile any more.
        """

    async def git(self, order: WorkOrder, lease: Lease, repository: Repository, *, write: bool) -> GitCredential | None:
        """What git shows to the host of the order's repository, or of one it reads beside that; None: nothing of ours.

        Raises:
            errors.LostLease: another worker has the job.
            errors.TryAgain: whoever lends it does not answer now.
            errors.NotReady: there is none for this repository; a person has to mend that.
        """


class Attachments(Protocol):
    """The files of tickets."""

    async def attachment(self, order: WorkOrder, lease: Lease, attachment: Attachment) -> bytes:
        """The content of a file of the order's ticket.

        Raises:
            errors.LostLease: another worker has the job.
            errors.TryAgain: whoever has it does not answer now.
            errors.JcaError: it cannot be had.
        """


@dataclass(frozen=True)
class Desk:
    """Everything around one run; the composition root lays it out."""

    lease: Lease
    sink: EventSink
    credentials: Credentials
    attachments: Attachments
    mirrors: Mirrors
    directory: Path
    """A directory of this run's own, made and removed by it."""
    trajectory: Path
    """Where the conversation is written at every step; kept after the run."""
    runtimes: tuple[Path, ...]
    """More directories the sandbox may read."""
    build_model: Callable[[ProviderProfile, str, str], Model]
    """(profile, model, effort) -> the client the agent talks to."""
    author: tuple[str, str] = ("JCA", "jca@localhost")
    """Name and address on the commits."""
    pauses: tuple[float, ...] = (1, 2, 4, 8, 16)
    """Seconds between the tries to push to a remote that does not answer."""
