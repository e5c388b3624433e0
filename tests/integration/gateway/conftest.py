"""A gateway of its own for every test, over the Valkey that all share."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.gateway import api
from tests.support.gateway.api import Running


@pytest.fixture
async def gateway(tmp_path: Path, valkey_url: str) -> AsyncIterator[Running]:
    async with api.running(tmp_path / "state", valkey_url) as running:
        yield running
