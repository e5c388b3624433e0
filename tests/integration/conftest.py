"""A client on the shared Valkey, and a server of its own for a test that kills it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from arq.connections import ArqRedis

from jobs.queue.connection import connect
from tests.support import valkey as servers
from tests.support.valkey import Valkey


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    """A server of this test's own, to be killed and started at will."""
    with servers.running() as server:
        yield server


@pytest.fixture
async def redis(valkey_url: str) -> AsyncIterator[ArqRedis]:
    """A client on the shared server, which is empty at the beginning of each test."""
    client = connect(valkey_url)
    await client.flushall()
    yield client
    await client.aclose()
