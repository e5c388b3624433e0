"""Files of a commit without its history: what a job may read of a repository it does not change."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from jobs import errors
from worker.sandbox import git
from worker.sandbox.mirror import Snapshot


async def export(snapshot: Snapshot, directory: Path, paths: Sequence[str] = (".",)) -> None:
    """Write the files of a commit below a new directory.

    Args:
        snapshot: the commit, and the mirror that has it.
        directory: is made; it never holds git's own data.
        paths: files and folders, relative to the root; those that are nothing are passed over.

    Raises:
        errors.Conflict: `directory` exists already.
        errors.JcaError: git failed.
    """
    index = directory.absolute().with_name(f"{directory.name}.index")
    repository = git.Repository(snapshot.mirror, work_tree=directory.absolute(), index=index)
    await asyncio.to_thread(_make, directory)
    try:
        await repository.text("read-tree", snapshot.commit)
        listed = await repository.call("ls-files", "-z", "--", *paths)
        await repository.call("checkout-index", "--quiet", "-z", "--stdin", stdin=listed.stdout)
    finally:
        index.unlink(missing_ok=True)


async def kinds(snapshot: Snapshot, paths: Sequence[str]) -> list[str]:
    """What a commit has at each path: `blob` for a file, `tree` for a folder, empty for nothing.

    Raises:
        errors.JcaError: git failed.
    """
    wanted = "".join(f"{snapshot.commit}:{path}\n" for path in paths)
    shown = await git.Repository(snapshot.mirror).text(
        "cat-file", "--batch-check=%(objecttype)", stdin=wanted.encode(errors="replace")
    )
    return [line if line in {"blob", "tree"} else "" for line in shown.splitlines()]


def _make(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, mode=0o700)
    except FileExistsError as error:
        raise errors.Conflict(f"{directory} exists already.", remedy="Remove it first.") from error
