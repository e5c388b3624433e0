"""What every ring of the suite shares: the order of the rings, one Valkey, and how much chance is tried."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.support import valkey

pytest_plugins = ["tests.support.skips"]

RINGS = ("unit", "integration", "acceptance", "vendors", "ui")
EXAMPLES = 100  # of each property; 3,000 in all

hypothesis.settings.register_profile("jca", max_examples=EXAMPLES, deadline=None)
hypothesis.settings.load_profile("jca")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first, and those of pages last: Playwright keeps an event loop in the main thread to the end."""
    home = Path(__file__).parent
    items.sort(key=lambda item: RINGS.index(item.path.relative_to(home).parts[0]))


@pytest.fixture(scope="session")
def valkey_url() -> Iterator[str]:
    """The server that all tests share."""
    with valkey.running() as server:
        yield server.url
