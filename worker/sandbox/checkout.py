"""The checkout of one job: the tree an agent may do anything to, and what it makes of it.

Git's own data of the job (index, new objects) lies beside the tree, never in it. What the agent leaves behind is read
with that data and the mirror only; a `.git` it may plant is refused, not opened.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from jobs import errors
from worker.sandbox import changes as changed
from worker.sandbox import git, tree_walk
from worker.sandbox.changes import Changes, FileChange
from worker.sandbox.checkpoints import Kept
from worker.sandbox.mirror import Snapshot

__all__ = ["Changes", "Checkout", "FileChange", "checkout"]

DIFF_LIMIT = 1024 * 1024  # bytes
_DIFF = ("diff-tree", "-r", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color")


class Checkout:
    """A job's own copy of a snapshot; made by `checkout`."""

    def __init__(self, snapshot: Snapshot, directory: Path) -> None:
        directory = directory.absolute()
        self._directory = directory
        self.tree = directory / "tree"
        """What the agent sees; contains no git directory."""
        self.objects = directory / "objects"
        """Object directory with what this job adds to the mirror."""
        self.mirror = snapshot.mirror
        self.base = snapshot.commit
        """The commit the changes are measured against and committed on."""
        self._git = git.Repository(
            snapshot.mirror,
            work_tree=self.tree,
            index=directory / "index",
            objects=self.objects,
        )

    async def harvest(self) -> Changes:
        """Return what the tree has over `base`. Nothing may write to the tree meanwhile.

        Raises:
            errors.Refused: the tree holds what a job may not commit; the sentence names the path and the way out.
            errors.JcaError: git failed.
        """
        await self._drop(await asyncio.to_thread(self._inspect))
        await self._refuse_bulk()
        await self._git.text("add", "--all")
        tree = await self._git.text("write-tree")
        entries, changes = await _compared(self._git, self.base, tree)
        changed.refuse_submodules(entries)
        await self._refuse_excess(entries)
        await self._refuse_escapes(changed.links(entries))
        return changes

    async def carry_on(self, earlier: Kept) -> bool:
        """Bring what an earlier run changed into the untouched tree; `base` stays what it is.

        Returns:
            False when it does not fit `base` without a conflict; then the tree stays untouched.

        Raises:
            errors.JcaError: git failed.
        """
        tree = earlier.tree if earlier.base == self.base else await self._merged(earlier)
        if tree is None:
            return False
        await self._git.text("read-tree", "-m", "-u", self.base, tree)
        return True

    async def commit(
        self, changes: Changes, message: str, *, author_name: str, author_email: str, parent: str = ""
    ) -> str:
        """Write `changes` as one commit on `parent`, or else on `base`, and return its id; no branch is moved.

        Raises:
            errors.BadInput: the author has no name or address git accepts.
            errors.JcaError: git failed.
        """
        if any(not value.strip() or set(value) & set("<>\0\n\r") for value in (author_name, author_email)):
            raise errors.BadInput(
                "The author of a commit needs a name and an address, each on one line without < and >."
            )
        return await self._commit_tree(changes.tree, parent or self.base, message, author_name, author_email)

    async def remove(self) -> None:
        """Remove the whole directory, whatever modes and depths the agent left; twice is fine."""
        await _remove(self._directory)

    async def populate(self) -> None:
        """Fill the tree with the base commit; called once, by `checkout`."""
        await self._git.text("read-tree", self.base)
        await self._git.text("checkout-index", "--all", "--index", "--quiet")

    async def _merged(self, earlier: Kept) -> str | None:
        """The tree of `base` with what the earlier run changed: https://git-scm.com/docs/git-merge-tree (git 2.38)."""
        # On a commit of its own, so that both sides come from what that run began with, wherever the branch went.
        present = await self._commit_tree(
            f"{self.base}^{{tree}}", earlier.base, "The present base", "JCA", "jca@localhost"
        )
        output = await self._git.run("merge-tree", "--write-tree", "--no-messages", present, earlier.commit)
        return None if output.code else output.stdout.decode().strip()

    async def _commit_tree(self, tree: str, parent: str, message: str, name: str, address: str) -> str:
        people = ("AUTHOR", "COMMITTER")
        names = {f"GIT_{role}_NAME": name for role in people} | {f"GIT_{role}_EMAIL": address for role in people}
        arguments = ("commit-tree", tree, "-p", parent, "-F", "-")
        return await replace(self._git, environment=names).text(*arguments, stdin=message.encode(errors="replace"))

    def _inspect(self) -> list[bytes]:
        (self._directory / "index.lock").unlink(missing_ok=True)  # of a git that was killed
        return tree_walk.special_files(self.tree)

    async def _drop(self, special: list[bytes]) -> None:
        """Take tracked files that became fifos or devices out of the index: git would stop at them."""
        if special:
            await self._git.text("update-index", "--force-remove", "-z", "--stdin", stdin=b"\0".join([*special, b""]))

    async def _refuse_bulk(self) -> None:
        """Weigh what is new or modified before git stores a byte of it."""
        listed = await self._git.call("ls-files", "-z", "--others", "--modified", "--exclude-standard")
        paths = set(listed.stdout.split(b"\0")[:-1])
        size = await asyncio.to_thread(_weigh, self.tree, paths)
        changed.refuse_excess(len(paths), changed.MOST_BYTES + 1 if listed.truncated else size)

    async def _refuse_excess(self, entries: tuple[changed.Entry, ...]) -> None:
        """Weigh the whole change: what an earlier harvest of this job stored counts again."""
        wanted = _lines(entry.blob for entry in changed.present(entries))
        sizes = await self._git.text("cat-file", "--batch-check=%(objectsize)", stdin=wanted)
        changed.refuse_excess(len(entries), sum(map(int, sizes.split())))

    async def _refuse_escapes(self, links: tuple[changed.Entry, ...]) -> None:
        targets = await self._git.call("cat-file", "--batch", stdin=_lines(link.blob for link in links))
        for link, target in zip(links, changed.blobs(targets.stdout), strict=True):
            changed.refuse_escape(link.path, target)


async def checkout(snapshot: Snapshot, directory: Path) -> Checkout:
    """Make a checkout of `snapshot` in a new directory.

    Raises:
        errors.Conflict: `directory` exists already.
        errors.JcaError: git failed; nothing is left behind.
    """
    made = Checkout(snapshot, directory)
    await asyncio.to_thread(_make_directories, made, directory)
    try:
        await made.populate()
    except BaseException:
        await made.remove()
        raise
    return made


async def committed(mirror: Path, commit: str) -> Changes:
    """Return what a commit that is in the mirror changed over its parent.

    Raises:
        errors.JcaError: git failed.
    """
    _, changes = await _compared(git.Repository(mirror), f"{commit}^", commit)
    return changes


async def _compared(
    repository: git.Repository,
    base: str,
    tree: str,
) -> tuple[tuple[changed.Entry, ...], Changes]:
    raw = await repository.call(*_DIFF, "-z", "--raw", "--numstat", base, tree)
    entries, files = changed.parse(raw.stdout)
    diff = await repository.call(*_DIFF, "-p", base, tree, limit=DIFF_LIMIT)
    return entries, Changes(tree, files, diff.stdout.decode(errors="replace"), diff.truncated)


def _make_directories(made: Checkout, directory: Path) -> None:
    try:
        directory.mkdir(parents=True, mode=0o700)
    except FileExistsError as error:
        raise errors.Conflict(f"There is a checkout at {directory} already.", remedy="Remove it first.") from error
    made.tree.mkdir()
    made.objects.mkdir()


def _lines(words: Iterable[str]) -> bytes:
    return "".join(f"{word}\n" for word in words).encode()


def _weigh(tree: Path, paths: set[bytes]) -> int:
    total = 0
    for path in paths:
        try:
            total += os.lstat(os.fsencode(tree) + b"/" + path).st_size
        except (FileNotFoundError, NotADirectoryError):
            continue  # deleted
    return total


async def _remove(directory: Path) -> None:
    # coreutils walk trees deeper than Python can recurse and paths longer than the kernel takes in one piece.
    await _quietly("chmod", "-R", "u+rwX", "--", str(directory))
    if await _quietly("rm", "-rf", "--", str(directory)):
        raise errors.JcaError(f"{directory} could not be removed.", remedy="Remove it by hand as the worker's user.")


async def _quietly(*command: str) -> int:
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    return await process.wait()
