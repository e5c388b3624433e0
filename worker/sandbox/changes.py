"""What a job changed, and what a job may not change."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from jobs import errors
from worker.sandbox.dotgit import is_dotgit
from worker.sandbox.tree_walk import show

MOST_FILES = 5_000
MOST_BYTES = 50 * 1024 * 1024

_DELETED = "000000"
_SYMLINK = "120000"
_GITLINK = "160000"

Status = Literal["added", "modified", "deleted", "retyped"]
_STATUSES: Mapping[str, Status] = {"A": "added", "M": "modified", "D": "deleted", "T": "retyped"}


@dataclass(frozen=True)
class FileChange:
    """One changed file; a moved one is a deleted and an added one."""

    path: str
    """From the root of the repository; bytes that are no UTF-8 are shown as `\\x..`."""
    status: Status
    additions: int
    """Lines; 0 for a binary file."""
    deletions: int


@dataclass(frozen=True)
class Changes:
    """What the work tree has over its base; `tree` can be committed."""

    tree: str = ""
    """Object id of the harvested tree; empty before the first harvest."""
    files: tuple[FileChange, ...] = ()
    """Empty when nothing changed."""
    diff: str = ""
    """Unified diff; of binary files only their names."""
    diff_truncated: bool = False


@dataclass(frozen=True)
class Entry:
    """One line of `git diff-tree --raw`."""

    path: bytes
    mode_before: str
    mode: str
    """Git's mode, six octal digits; `000000` where there is no such file."""
    blob: str
    status: Status


def parse(output: bytes) -> tuple[tuple[Entry, ...], tuple[FileChange, ...]]:
    """Read `git diff-tree -r -z --raw --numstat --no-renames`: first every raw record, then every count.

    The format is documented at https://git-scm.com/docs/git-diff-tree#_raw_output_format
    """
    records = iter(output.split(b"\0")[:-1])
    entries: dict[bytes, Entry] = {}
    files = []
    for record in records:
        if record.startswith(b":"):
            before, mode, _, blob, letter = record[1:].decode().split(" ")
            path = next(records)
            entries[path] = Entry(path, before, mode, blob, _STATUSES[letter])
        else:
            added, deleted, path = record.split(b"\t", 2)
            files.append(FileChange(show(path), entries[path].status, _lines(added), _lines(deleted)))
    return tuple(entries.values()), tuple(files)


def _lines(count: bytes) -> int:
    return 0 if count == b"-" else int(count)


def refuse_excess(files: int, size: int) -> None:
    """Refuse more than a person can review: generated files, a vendored directory, a dump.

    Args:
        files: how many changed.
        size: bytes of all of them together.

    Raises:
        errors.Refused: says which limit is exceeded.
    """
    remedy = "Remove what was generated, or name it in .gitignore."
    if files > MOST_FILES:
        raise errors.Refused(f"More than {MOST_FILES:,} files changed.", remedy=remedy)
    if size > MOST_BYTES:
        raise errors.Refused(f"The changed files together are larger than {MOST_BYTES // 1024**2} MiB.", remedy=remedy)


def refuse_submodules(entries: Iterable[Entry]) -> None:
    """Refuse changes that point reviewers and build machines at another repository.

    Raises:
        errors.Refused: names the first such path.
    """
    for entry in entries:
        if _GITLINK in {entry.mode_before, entry.mode} or entry.path == b".gitmodules":
            raise errors.Refused(
                f"{show(entry.path)} changes a submodule, which a job may not do.",
                remedy="Leave submodules as they are.",
            )


def refuse_escape(path: bytes, target: bytes) -> None:
    """Refuse a symbolic link that leaves the tree, or could do so through another link.

    `..` is allowed only in front and only as often as `path` has directories: behind a name it would be resolved from
    wherever that name leads.

    Raises:
        errors.Refused: names the link and its target.
    """
    parts = [part for part in target.split(b"/") if part not in {b"", b"."}]
    up = len(list(itertools.takewhile(lambda part: part == b"..", parts)))
    leaves = target.startswith(b"/") or up > path.count(b"/") or b".." in parts[up:]
    if leaves or any(is_dotgit(show(part)) for part in parts):
        raise errors.Refused(
            f"{show(path)} is a symbolic link to {show(target)}, outside the repository.",
            remedy="Link by a relative path inside the repository, or write a file.",
        )


def links(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries that are symbolic links now."""
    return tuple(entry for entry in entries if entry.mode == _SYMLINK)


def present(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries that were not deleted."""
    return tuple(entry for entry in entries if entry.mode != _DELETED)


def blobs(output: bytes) -> Iterator[bytes]:
    """Yield the contents of `git cat-file --batch`: a line `<id> blob <size>`, the bytes, a line end."""
    while output:
        header, _, output = output.partition(b"\n")
        size = int(header.split(b" ")[2])
        yield output[:size]
        output = output[size + 1 :]
