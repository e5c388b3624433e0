"""A whole JCA in real processes, with a scripted model endpoint and a repository of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import Installation


@pytest.fixture
def installation() -> Iterator[Installation]:
    """A fresh installation; whatever it started is ended with the test."""
    directory = Path(tempfile.mkdtemp(prefix="jca-a-"))  # short: it will hold unix sockets
    made = Installation.create(directory)
    try:
        yield made
    finally:
        made.end()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(autouse=True)
def _sandbox_works() -> None:
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed: apt install bubblewrap")


@pytest.fixture(autouse=True)
def _nothing_of_ours_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("JCA_")]:
        monkeypatch.delenv(name)
    subprocess.run(["git", "--version"], check=True, capture_output=True)
