"""A gateway of its own for every test; one Valkey serves a whole module."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support import gateway_server
from tests.support.gateway import valkey
from tests.support.gateway_server import Running


@pytest.fixture(scope="module")
def queue_url() -> Iterator[str]:
    with valkey() as url:
        yield url


@pytest.fixture
async def gateway(tmp_path: Path, queue_url: str) -> AsyncIterator[Running]:
    async with gateway_server.running(tmp_path / "state", queue_url) as running:
        yield running
