"""The sources and defaults in force, looked up again every few moments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from jobs import provisioning
from jobs.catalog import Source, Workspace
from jobs.ledger.database import Ledger
from jobs.settings import Settings
from jobs.vault import Vault

FRESH = 2.0  # seconds; a source that was added or removed takes effect within them

LoadWorkspace = Callable[[], Awaitable[Workspace]]


@dataclass(frozen=True)
class Known:
    """What deliveries are judged by at one moment."""

    sources: Mapping[str, Source]
    workspace: Workspace


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
        sources = await self._ledger.read(provisioning.load_sources, self._settings, self._vault)
        return Known(sources, await self._workspace())
