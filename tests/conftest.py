"""What every ring of the suite shares: one Valkey, and the rule on what may be skipped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support import valkey

pytest_plugins = ["tests.support.skips"]


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The server that all tests share."""
    with valkey.running() as server:
        yield server.url
