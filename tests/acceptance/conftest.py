"""A whole JCA in real processes, with a scripted model endpoint and a repository of its own."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.installation import Installation

_SEED = int(os.environ.get("JCA_SOAK_SEED") or 0)
"""Read before the tests are freed of what the environment says."""


@contextmanager
def _laid_out() -> Iterator[Installation]:
    directory = Path(tempfile.mkdtemp(prefix="jca-a-"))  # short: it will hold unix sockets
    made = Installation.create(directory)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def _nothing_of_ours_in_the_environment() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("JCA_")]:
            patch.delenv(name)
        yield


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A fresh installation; whatever it started is ended with the test."""
    with _laid_out() as made:
        yield made


@pytest.fixture(scope="module")
def laid_out() -> Iterator[Installation]:
    """An installation that the tests of a module share; it has no environment of this process."""
    with _laid_out() as made, _nothing_of_ours_in_the_environment():
        yield made


@pytest.fixture
def soak_seed() -> int:
    """The chances of a soak; `JCA_SOAK_SEED` repeats those of an earlier one."""
    seed = _SEED or random.randrange(2**32)
    print(f"seed {seed}")
    return seed


@pytest.fixture(scope="session")
def running(_sandbox_works: None) -> Iterator[Installation]:
    """One `jca up` with its model, for tests that end nothing and look at their own tickets only."""
    with _laid_out() as made:
        with _nothing_of_ours_in_the_environment():
            made.start_model()
            made.up()
        yield made


@pytest.fixture(scope="session", autouse=True)
def _sandbox_works() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: apt install bubblewrap")


@pytest.fixture(autouse=True)
def _only_what_the_test_sets() -> Iterator[None]:
    with _nothing_of_ours_in_the_environment():
        yield
