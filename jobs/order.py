"""A work order: what an executor needs to know to run one job, without any credential."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from jobs.attachment import Attachment
from jobs.context import ContextRepository
from jobs.repository import Repository
from jobs.ticket import Person, Ticket

VERSION = 2
"""Version of this record; a worker refuses a newer one and runs one version older."""


class Limits(BaseModel):
    """What one run may spend. Any of them reached ends the run with its own reason."""

    model_config = ConfigDict(frozen=True)

    turns: int = 60
    tokens: int = 2_000_000
    usd: float | None = None
    """A limit in USD fails closed: without a known price the run does not start."""
    seconds: float = 3600


class WorkOrder(BaseModel):
    """One dispatch of one job. Travels through Redis as JSON."""

    model_config = ConfigDict(frozen=True)

    v: int = VERSION
    job: str
    run: int
    ticket: Ticket
    actor: Person | None = None
    repository: Repository
    base_branch: str
    branch: str
    """Where the result is pushed: `jca/<key>-<slug>`."""
    provider: str
    model: str
    inline_context: str = ""
    context: tuple[ContextRepository, ...] = ()
    """What is read beside the repository, or of it before the rest; since version 2."""
    attachments: tuple[Attachment, ...] = ()
    """Files of the ticket the run may ask for; since version 2."""
    effort: str = ""
    limits: Limits = Limits()

    @property
    def account(self) -> str:
        """What lanes, limits and readiness are keyed by."""
        return self.provider

    @property
    def dispatch_id(self) -> str:
        """Identifier of this dispatch: `<job>.<run>`."""
        return f"{self.job}.{self.run}"
