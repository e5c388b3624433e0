"""An office on a real ledger and a real Valkey."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.integration.duties.offices import Settled, make_office, open_ledger
from worker.duties.office import Office


@pytest.fixture
def settled() -> Settled:
    return Settled()


@pytest.fixture
async def office(redis: Redis, tmp_path: Path, settled: Settled) -> AsyncIterator[Office]:
    ledger = open_ledger(tmp_path)
    yield make_office(ledger, redis, settled)
    await ledger.close()
