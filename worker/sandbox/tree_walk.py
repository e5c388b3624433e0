"""The look at a work tree before git looks at it; never follows a link, never opens a file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from jobs import errors
from worker.sandbox.dotgit import is_dotgit

DEEPEST = 100  # directories below one another
MOST_ENTRIES = 1_000_000  # files and directories, ignored ones included
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def special_files(tree: Path) -> list[bytes]:
    """Return the paths of devices, fifos and sockets below `tree`, which git cannot store.

    Raises:
        errors.Refused: an entry named like `.git`, an unreadable one, or more than the limits allow.
    """
    special = []
    for count, (path, mode) in enumerate(_walk(tree), start=1):
        if count > MOST_ENTRIES:
            raise errors.Refused(
                f"The work tree holds more than {MOST_ENTRIES:,} files.",
                remedy="Remove what was generated.",
            )
        if is_dotgit(os.fsdecode(path.rpartition(b"/")[2])):
            raise errors.Refused(
                f"{show(path)} looks like a git directory.", remedy="Remove it; git is run by the worker."
            )
        if not _readable(mode):
            raise errors.Refused(f"{show(path)} cannot be read.", remedy="Give it back its read permission.")
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode)):
            special.append(path)
    return special


def show(path: bytes) -> str:
    """Return a path as text that can be printed and stored, whatever bytes it has."""
    return path.decode(errors="backslashreplace")


def _readable(mode: int) -> bool:
    needed = stat.S_IRUSR | stat.S_IXUSR if stat.S_ISDIR(mode) else stat.S_IRUSR
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) or mode & needed == needed


def _walk(tree: Path) -> Iterator[tuple[bytes, int]]:
    """Yield path and mode of every entry, a directory before its children."""
    waiting = [b""]
    root = os.open(tree, _DIRECTORY)
    try:
        while waiting:
            below = waiting.pop()
            for name, mode in _entries(root, below):
                path = below + b"/" + name if below else name
                yield path, mode
                if stat.S_ISDIR(mode):
                    waiting.append(path)
    finally:
        os.close(root)


def _entries(root: int, below: bytes) -> list[tuple[bytes, int]]:
    directory = _open_below(root, below)
    try:
        # Listing by descriptor gives text names; the same surrogates lead back to the bytes on the disk.
        with os.scandir(directory) as entries:
            return [(os.fsencode(entry.name), entry.stat(follow_symlinks=False).st_mode) for entry in entries]
    finally:
        os.close(directory)


def _open_below(root: int, path: bytes) -> int:
    parts = path.split(b"/") if path else []
    if len(parts) > DEEPEST:
        raise errors.Refused(
            f"{show(path)[:200]}… lies more than {DEEPEST} directories deep.",
            remedy="Remove what was generated.",
        )
    current = os.open(".", _DIRECTORY, dir_fd=root)
    for part in parts:
        try:
            child = os.open(part, _DIRECTORY, dir_fd=current)
        finally:
            os.close(current)
        current = child
    return current
