"""One repository, one order, one claim: what a run of `run_job` needs around it."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from arq.connections import ArqRedis

from jobs.catalog import ProviderProfile
from jobs.events import Events, Logs
from jobs.order import WorkOrder
from jobs.queue.dispatch import Dispatch
from jobs.queue.presence import Presence
from jobs.repository import Repository
from jobs.results import Usage
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.fakes.model_endpoint import Answer
from worker.executor.alone import NoAttachments
from worker.executor.desk import Desk, Lease
from worker.executor.readiness import ReadinessBoard
from worker.executor.run import run_job
from worker.executor.service import Workshop
from worker.providers import registry
from worker.sandbox import checkpoints
from worker.sandbox.bubblewrap import SandboxState
from worker.sandbox.checkpoints import Kept
from worker.sandbox.git import GitCredential
from worker.sandbox.mirror import Mirrors

VALID = (("python3", "check.py"),)
WRITE = ("write", {"path": "answer.txt", "content": "42\n"})
SLEEP = f"import time; time.sleep({100_000 + os.getpid()})"  # looked for by its words: no other test process has them
WRONG = ("write", {"path": "answer.txt", "content": "41\n"})


@dataclass
class Claim:
    """A lease and a sink that remember; the lease can be lost."""

    held: bool = True
    token: str = "here:1"
    said: list[tuple[str, str]] = field(default_factory=list)

    async def current(self) -> bool:
        return self.held

    async def stage(self, name: str, state: str, detail: str = "") -> None:
        del detail
        self.said.append((name, state))

    async def note(self, kind: str, text: str) -> None:
        self.said.append((kind, text))

    async def usage(self, usage: Usage) -> None:
        del usage


@dataclass
class Profiles:
    profile: ProviderProfile

    async def provider(self, name: str) -> ProviderProfile:
        assert name == self.profile.name
        return self.profile

    async def git(self, order: WorkOrder, lease: Lease, repository: Repository, *, write: bool) -> GitCredential | None:
        del order, lease, repository, write
        return None


@dataclass
class World:
    """One repository, one order, one claim."""

    directory: Path
    order: WorkOrder
    claim: Claim

    async def run(self, script: list[Answer], **profile: object) -> RunResult:
        async with fake.serving(script) as endpoint:
            return await run_job(self.order, self.desk(endpoint.profile(**profile)))

    def desk(self, profile: ProviderProfile, *, lease: Lease | None = None, directory: str = "run") -> Desk:
        return Desk(
            lease=lease or self.claim,
            sink=self.claim,
            credentials=Profiles(profile),
            attachments=NoAttachments(),
            mirrors=Mirrors(self.directory / "mirrors"),
            directory=self.directory / directory,
            trajectory=self.directory / "trajectory.jsonl",
            runtimes=(),
            build_model=registry.build_model,
            pauses=(0.01, 0.02),
        )

    async def kept(self) -> Kept | None:
        """What this machine keeps of the job."""
        mirror = Mirrors(self.directory / "mirrors").place(self.order.repository.url)
        return await checkpoints.find(mirror, self.order.job)

    def mirror(self, *words: str) -> str:
        """Run git on the mirror."""
        path = Mirrors(self.directory / "mirrors").place(self.order.repository.url)
        return _git(path, *words)

    def with_repository(self, **changes: object) -> World:
        repository = self.order.repository.model_copy(update=changes)
        return replace(self, order=self.order.model_copy(update={"repository": repository}))

    def git(self, *words: str) -> str:
        return _git(Path(self.order.repository.url), *words)

    def move_base(self, path: str, content: str) -> str:
        """Put one more commit on the base branch."""
        argv = ["git", "--git-dir", self.order.repository.url, "hash-object", "-w", "--stdin"]
        blob = subprocess.run(argv, input=content, check=True, capture_output=True, text=True).stdout.strip()
        entries = self.git("ls-tree", "main").splitlines()
        listed = [line for line in entries if not line.endswith(f"\t{path}")] + [f"100644 blob {blob}\t{path}"]
        argv = ["git", "--git-dir", self.order.repository.url, "mktree"]
        written = "\n".join(listed) + "\n"
        tree = subprocess.run(argv, input=written, check=True, capture_output=True, text=True).stdout.strip()
        owner = ("-c", "user.name=Owner", "-c", "user.email=owner@example.org")
        commit = self.git(*owner, "commit-tree", tree, "-p", "main", "-m", "The base goes on")
        self.git("update-ref", "refs/heads/main", commit)
        return commit

    def branches(self) -> list[str]:
        return [name for name in self.git("for-each-ref", "--format=%(refname:short)").split() if name != "main"]


def _git(directory: Path, *words: str) -> str:
    argv = ["git", "--git-dir", str(directory), *words]
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout.strip()


def workshop(world: World, redis: ArqRedis, profiles: Profiles) -> Workshop:
    """An executor's workshop whose board proves nothing."""

    async def none() -> list[Any]:
        return []

    async def untested(*_: object) -> Any:  # noqa: ANN401 - is never called
        raise AssertionError

    board = ReadinessBoard("here", none, none, untested, Presence(redis), SandboxState(ok=True, detail=""))
    made = Workshop(
        state=world.directory,
        runs=world.directory / "runs",
        runtimes=(),
        events=Events(redis),
        logs=Logs(redis),
        credentials=profiles,
        attachments=NoAttachments(),
        board=board,
        hold=Dispatch(redis).hold,
        build_model=registry.build_model,
    )
    made.clear()
    return made


def lose_objects(kept: Kept) -> None:
    """Damage the mirror: the pack with what is kept is gone."""
    packs = sorted((kept.mirror / "objects/pack").glob("pack-*.idx"), key=lambda path: path.stat().st_mtime_ns)
    for path in packs[-1].parent.glob(f"{packs[-1].stem}.*"):
        path.unlink()


def processes(word: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = path.read_bytes()
        except OSError:
            continue
        if word.encode() in line.split(b"\0"):
            found.append(path.parent.name)
    return found


async def until(look: Callable[[], object]) -> None:
    for _ in range(600):
        if look():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError
