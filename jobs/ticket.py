"""What every tracker is reduced to."""

from __future__ import annotations

import hashlib
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from jobs.directives.labels import choosing

Flavor = Literal["markdown", "jira_wiki", "text"]
"""How a body is marked up; `text` means an adapter already reduced it to its visible lines."""


class Person(BaseModel):
    """Somebody a tracker knows."""

    model_config = ConfigDict(frozen=True)

    id: str
    """The tracker's own stable identifier: a GitHub login, a Jira account id."""
    name: str = ""
    is_bot: bool = False


class Ticket(BaseModel):
    """An issue as the tracker showed it at one moment. Its text is hostile data."""

    model_config = ConfigDict(frozen=True)

    source: str
    """Name of the source that brought it, as in `/webhooks/{source}`."""
    key: str
    """What people call it: `PAY-412`, `acme/payments#7`."""
    title: str
    body: str = ""
    flavor: Flavor = "markdown"
    labels: tuple[str, ...] = ()
    url: str = ""
    repository: str = ""
    """The repository the ticket lives in or names, by alias or `owner/name`; empty when the tracker has none."""
    author: Person | None = None
    assignees: tuple[Person, ...] = ()
    state: str = ""
    """Where it is in the tracker's workflow, in the tracker's own words: `open`, `To Do`; empty when not told."""

    def fingerprint(self) -> str:
        """SHA-256 over what a run is bound to: title, body, and the labels that choose a model or a repository."""
        parts = [self.source, self.key, self.title, self.body, *sorted(choosing(self.labels))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class Delivery(BaseModel):
    """One message of a source as it was received, kept to explain what became of it."""

    model_config = ConfigDict(frozen=True)

    id: str
    """Our identifier (ULID)."""
    source: str
    key: str
    """The sender's delivery identifier."""
    content_hash: str
    """SHA-256 of the raw body, hexadecimal."""
    ticket_key: str = ""
    """The ticket it tells of; empty when it tells of none."""
    event: str
    """What the sender calls it: `issues.opened`."""
    actor: Person | None = None
    outcome: Literal["accepted", "duplicate", "ignored"]
    reason: str = ""
    job_id: str | None = None
    body: bytes = Field(b"", repr=False)
