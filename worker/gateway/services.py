"""What the gateway's handlers work with, made once in the composition root."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from jobs.catalog import Catalog
from jobs.events import Logs
from jobs.ledger.database import Ledger
from jobs.queue.dispatch import Dispatch
from jobs.queue.errands import Errands
from jobs.queue.presence import Presence
from jobs.repository import Repository
from jobs.settings import Settings
from jobs.vault import Vault
from worker.gateway.loans import Loans
from worker.trackers.connections import Connections
from worker.trackers.protocol import CodeHost, Tracker


@dataclass(frozen=True)
class Services:
    """One gateway's parts."""

    settings: Settings
    ledger: Ledger
    dispatch: Dispatch
    presence: Presence
    errands: Errands
    logs: Logs
    vault: Vault
    """Seals webhook secrets."""
    secret_vault: Vault
    """Seals what trackers are reached with."""
    connections: Connections
    """Trackers and code hosts we have access to."""
    tracker: Callable[[str], Awaitable[Tracker]]
    """Where the tickets of a source live, by its name."""
    code_host: Callable[[Repository], Awaitable[CodeHost]]
    """Where a repository lives, as somebody who reaches it."""
    loans: Loans
    """What was lent to push with, until the claim it was lent to is over."""
    catalog: Callable[[], Awaitable[Catalog]]
    """The configuration in force now: provisioned file, environment and ledger together."""
    api_token: str
    """What the JSON API takes as bearer token."""
    cluster_token: str
    """What executors show."""
    wake: Callable[[], None]
    """Tell the duties that there is something to do."""


SERVICES: web.AppKey[Services] = web.AppKey("services", Services)
