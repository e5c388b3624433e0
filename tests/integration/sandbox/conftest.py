"""A remote repository, a mirror of it, a checkout, and a sandbox on its tree; all real."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from worker.sandbox import bubblewrap, checkout, mirror


class Upstream:
    """A repository as its owner keeps it, driven by plain git."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = str(path)
        path.mkdir()
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit({"README.md": "hello\n", "src/shop.py": "PRICE = 1\n"})

    def git(self, *arguments: str) -> str:
        environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": "/nonexistent",
            "GIT_AUTHOR_NAME": "Owner",
            "GIT_AUTHOR_EMAIL": "owner@example.org",
            "GIT_COMMITTER_NAME": "Owner",
            "GIT_COMMITTER_EMAIL": "owner@example.org",
        }
        command = ["git", "-C", str(self.path), *arguments]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return done.stdout.strip()

    def commit(self, files: dict[str, str], message: str = "change") -> str:
        for name, text in files.items():
            (self.path / name).parent.mkdir(parents=True, exist_ok=True)
            (self.path / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    return Upstream(tmp_path / "upstream")


@pytest.fixture
def mirrors(tmp_path: Path) -> mirror.Mirrors:
    return mirror.Mirrors(tmp_path / "mirrors")


@pytest.fixture
async def job(upstream: Upstream, mirrors: mirror.Mirrors, tmp_path: Path) -> AsyncIterator[checkout.Checkout]:
    made = await checkout.checkout(await mirrors.sync(upstream.url, "main"), tmp_path / "job")
    yield made
    await made.remove()


@pytest.fixture
def sandbox(job: checkout.Checkout) -> bubblewrap.Sandbox:
    return bubblewrap.Sandbox(job.tree)
