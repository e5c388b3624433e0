"""Work that no branch carries yet, kept in the mirror as `refs/jca/jobs/<job>`.

What an unfinished run changed is a commit on its base, with the trailer `State: checkpoint`. What was validated and is
about to be pushed lies below a commit of ours that keeps its evidence, with `State: validated`. Nothing here is ever
pushed under this name.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from jobs import errors
from worker.sandbox import git
from worker.sandbox.mirror_lock import locked

if TYPE_CHECKING:
    from worker.sandbox.checkout import Checkout

REFS = "refs/jca/jobs"
KEPT_FOR = timedelta(days=30)

_JOB = re.compile(r"[a-z0-9]{1,64}")
_FORMAT = "--format=%H%x00%P%x00%T%x00%(trailers:only=true,unfold=true)%x00%B"
_PACK = ("pack-objects", "--revs", "--quiet", "--window=0", "--compression=1")
"""Fast rather than small: a worker that is being stopped has seconds, and the pack is used once."""


@dataclass(frozen=True)
class Kept:
    """What is kept of a job."""

    mirror: Path
    """The bare repository that has it."""
    commit: str
    parent: str
    """Of a checkpoint its base; of a validated change the commit to be pushed."""
    tree: str
    message: str
    trailers: Mapping[str, str]

    @property
    def validated(self) -> bool:
        """Whether only its publishing is left to do."""
        return self.trailers.get("State") == "validated"

    @property
    def base(self) -> str:
        """The commit of the base branch that the change was made on."""
        return self.trailers.get("Base", self.parent)


async def keep(checkout: Checkout, commit: str, job: str) -> None:
    """Move a commit of `checkout` with its objects into the mirror, as what is kept of `job`.

    Raises:
        errors.JcaError: git failed; what was kept before still is.
    """
    ref = _ref(job)
    # Packed right into the mirror's own store: git reads the job's objects, and never a directory an agent can write.
    elsewhere = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": str(checkout.objects)}
    mirror = git.Repository(checkout.mirror, environment=elsewhere)
    async with locked(checkout.mirror):
        wanted = f"{commit}\n^{checkout.base}\n".encode()
        await mirror.text(*_PACK, str(checkout.mirror / "objects/pack/pack"), stdin=wanted)
        await git.Repository(checkout.mirror).text("update-ref", "--no-deref", ref, commit)


async def find(mirror: Path, job: str) -> Kept | None:
    """Return what is kept of `job`; None when there is nothing, or when objects of it are missing.

    Raises:
        errors.JcaError: git is missing or does not end.
    """
    repository = git.Repository(mirror)
    shown = await repository.run("log", "-1", _FORMAT, "--end-of-options", _ref(job))
    if shown.code:
        return None
    commit, parent, tree, trailers, message = shown.stdout.decode(errors="replace").split("\0", 4)
    named = dict(line.split(": ", 1) for line in trailers.splitlines() if ": " in line)
    kept = Kept(mirror, commit, parent, tree, message, named)
    wanted = ("rev-list", "--objects", "--quiet", "--end-of-options", commit, f"^{kept.base}")
    whole = await repository.run(*wanted)
    return None if whole.code or named.get("Job") != job else kept


async def forget(mirror: Path, job: str) -> None:
    """Keep nothing of `job` any more; twice is fine.

    Raises:
        errors.JcaError: git failed.
    """
    async with locked(mirror):
        await git.Repository(mirror).text("update-ref", "--no-deref", "-d", _ref(job))


async def forget_jobs(mirrors: Path, jobs: Collection[str]) -> None:
    """Keep nothing of these jobs in any mirror.

    Raises:
        errors.BadInput: one of them is no id of a job.
        errors.JcaError: git failed.
    """
    refs = [_ref(job) for job in jobs]
    if not refs:
        return  # without a pattern git would list every ref
    for mirror in sorted(mirrors.glob("*.git")):
        listed = await git.Repository(mirror).run("for-each-ref", "--format=%(refname)", *refs)
        for ref in listed.stdout.decode().splitlines():
            await forget(mirror, ref.removeprefix(f"{REFS}/"))


async def forget_old(mirrors: Path, age: timedelta = KEPT_FOR) -> int:
    """Forget what was kept in any mirror longer ago than `age`; returns how many jobs that were.

    Raises:
        errors.JcaError: git failed.
    """
    before, forgotten = datetime.now(UTC) - age, 0
    for mirror in sorted(mirrors.glob("*.git")):
        listed = await git.Repository(mirror).run("for-each-ref", "--format=%(committerdate:unix) %(refname)", REFS)
        for line in listed.stdout.decode().splitlines():
            seconds, _, ref = line.partition(" ")
            if int(seconds) < before.timestamp():
                await forget(mirror, ref.removeprefix(f"{REFS}/"))
                forgotten += 1
    return forgotten


def _ref(job: str) -> str:
    if not _JOB.fullmatch(job):
        raise errors.BadInput(f"{job[:80]!r} is not the id of a job.")
    return f"{REFS}/{job}"
