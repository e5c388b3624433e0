"""A receiver as it runs: the real application on a loopback port, over a real SQLite ledger."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from jobs.catalog import Workspace
from jobs.ledger import migrate
from jobs.ledger.database import PATIENCE, Ledger
from jobs.settings import Settings
from jobs.vault import Vault
from tests.integration.webhooks.senders import GITHUB_SECRET, LOCAL_SECRET, Running, StartReceiver
from webhooks.app import create_app, serving
from webhooks.limits import DEFAULT_LIMITS, Limits


@pytest.fixture
def ledger_file(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.db"
    migrate.upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def start_receiver(ledger_file: Path, tmp_path: Path) -> StartReceiver:
    given = {"state_dir": tmp_path, "github_webhook_secret": GITHUB_SECRET, "local_webhook_secret": LOCAL_SECRET}
    vault = Vault(["the-key-of-this-test"])

    @asynccontextmanager
    async def start(
        *,
        limits: Limits = DEFAULT_LIMITS,
        workspace: Workspace | None = None,
        before_ring: asyncio.Event | None = None,
        config_file: Path | None = None,
        ledger_patience: float = PATIENCE,
    ) -> AsyncIterator[Running]:
        settings = Settings.model_validate(given | {"config_file": config_file})
        ledger = Ledger.open(f"sqlite:///{ledger_file}", patience=ledger_patience)
        rings: list[str] = []

        async def wake() -> None:
            rings.append("ring")
            if before_ring:
                await before_ring.wait()

        async def load_workspace() -> Workspace:
            return workspace or Workspace()

        app = create_app(ledger, settings, vault, wake, load_workspace, limits)
        unlimited = aiohttp.TCPConnector(limit=0)
        async with serving(app, "127.0.0.1", 0) as port, aiohttp.ClientSession(connector=unlimited) as client:
            yield Running(port, ledger, vault, ledger_file, client, rings)
        await ledger.close()

    return start


@pytest.fixture
async def receiver(start_receiver: StartReceiver) -> AsyncIterator[Running]:
    async with start_receiver() as running:
        yield running
