"""The sources and defaults in force, looked up again every few moments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from jobs import provisioning
from jobs.catalog import Source, Workspace
from jobs.ledger.database import Ledger, Transaction
from jobs.settings import Settings
from jobs.vault import Vault

FRESH = 2.0  # seconds; a source that was added or removed takes effect within them

LoadWorkspace = Callable[[], Awaitable[Workspace]]


@dataclass(frozen=True)
class Known:
    """What deliveries are judged by at one moment."""

    sources: Mapping[str, Source]
    workspace: Workspace
    accounts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Our own accounts, by source: what they do starts nothing."""


class Configuration:
    """Loads what is known, at most once in `FRESH` seconds however many deliveries ask."""

    def __init__(self, ledger: Ledger, settings: Settings, vault: Vault, workspace: LoadWorkspace) -> None:
        self._ledger = ledger
        self._settings = settings
        self._vault = vault
        self._workspace = workspace
        self._known: Known | None = None
        self._loaded_at = 0.0
        self._loading = asyncio.Lock()

    async def current(self) -> Known:
        """What is known now. Nothing older is used instead: a secret may just have been withdrawn.

        Raises:
            errors.JcaError: it cannot be loaded; the message names the part and the remedy.
        """
        if self._known and self._is_fresh():
            return self._known
        async with self._loading:
            if self._known is None or not self._is_fresh():
                self._known = None
                self._known = await self._load()
                self._loaded_at = time.monotonic()
            return self._known

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._loaded_at < FRESH

    async def _load(self) -> Known:
        sources, accounts = await self._ledger.read(self._stored)
        return Known(sources, await self._workspace(), accounts)

    def _stored(self, tx: Transaction) -> tuple[dict[str, Source], dict[str, frozenset[str]]]:
        return provisioning.load_sources(tx, self._settings, self._vault), provisioning.load_accounts(tx)
