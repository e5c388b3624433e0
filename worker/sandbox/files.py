"""The files of a tree as an agent may see and change them: nothing outside, nothing through a link when writing.

The sentences of the errors are written for a model to read and act on.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs import errors
from worker.sandbox.dotgit import is_dotgit
from worker.sandbox.openat2 import NO_SYMLINKS, open_beneath

MOST_NAMES = 1_000  # entries of one listing
LARGEST = 2 * 1024 * 1024  # bytes of a file that is read or edited

_NEW_MODE = 0o644
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY
_SENTENCES = {
    errno.ENOENT: "There is no {path!r}. List its directory to see what there is.",
    errno.EXDEV: "{path!r} leads outside the workspace.",
    errno.ELOOP: "{path!r} goes through a symbolic link, which is not followed here. Name the real path.",
    errno.ENOTDIR: "Part of {path!r} is a file, not a directory.",
    errno.EISDIR: "{path!r} is a directory.",
    errno.EACCES: "{path!r} may not be opened: its permissions forbid it.",
    errno.ENAMETOOLONG: "{path!r} is too long for a path.",
    errno.EAGAIN: "{path!r} is being moved while it is opened. Try again.",
    errno.ENOSPC: "There is no space left to write {path!r}.",
}


class Files:
    """Reads and writes beneath one tree; blocking."""

    def __init__(self, tree: Path) -> None:
        self._tree = tree

    def listing(self, path: str = ".") -> list[str]:
        """Return the sorted names in a directory; those of directories end with `/`.

        After `MOST_NAMES` names a last line says how many more there are.

        Raises:
            errors.BadInput: there is no such directory beneath the tree.
        """
        with self._open(path, _DIRECTORY) as directory, os.scandir(directory) as entries:
            names = sorted(_show(entry.name) + "/" * entry.is_dir(follow_symlinks=False) for entry in entries)
        more = len(names) - MOST_NAMES
        return names if more <= 0 else [*names[:MOST_NAMES], f"… and {more} more"]

    def exists(self, path: str) -> None:
        """Let a path pass that is something beneath the tree.

        Raises:
            errors.BadInput: it is not.
        """
        with self._open(path, os.O_PATH):
            pass

    def read(self, path: str, limit: int = LARGEST) -> str:
        """Return the text of a file of at most `limit` bytes, line ends as they are.

        Raises:
            errors.BadInput: it is no text file beneath the tree, or larger than `limit`.
        """
        # O_NONBLOCK: opening a fifo must not wait for its writer.
        with self._open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY) as descriptor:
            mode = os.fstat(descriptor).st_mode
            if not stat.S_ISREG(mode):
                raise errors.BadInput(f"{path!r} is {'a directory' if stat.S_ISDIR(mode) else 'not a regular file'}.")
            with open(descriptor, "rb", closefd=False) as file:
                content = file.read(limit + 1)
        if len(content) > limit:
            raise errors.BadInput(f"{path!r} is larger than {limit:,} bytes. Search in it, or run a command on it.")
        return _text(path, content)

    def write(self, path: str, text: str) -> None:
        """Put `text` in place of a file in one step, or make the file and its directories.

        Permissions are kept; a hard link to the former content keeps that content.

        Raises:
            errors.BadInput: the path leads outside, through a link, to something that is no file, or into `.git`.
        """
        *parents, name = _components(path)
        content = _bytes(path, text)
        with _explained(path), self._parent(parents) as directory:
            _replace(directory, name, path, content)

    def edit(self, path: str, old: str, new: str) -> int:
        """Replace the one place where `old` stands and return its line, counted from 1.

        Raises:
            errors.BadInput: `old` stands nowhere or in several places, whose lines are named; or as of read and write.
        """
        _components(path)
        text = self.read(path)
        if not old:
            raise errors.BadInput("The text to replace is empty. To add text, replace a line by itself and more.")
        lines = _lines_of(old, text)
        if len(lines) != 1:
            raise errors.BadInput(_matches(path, lines, crlf="\r\n" in text and "\r\n" not in old))
        self.write(path, text.replace(old, new, 1))
        return lines[0]

    @contextmanager
    def _open(self, path: str, flags: int) -> Iterator[int]:
        with _explained(path):
            root = os.open(self._tree, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                descriptor = open_beneath(root, path, flags)
            finally:
                os.close(root)
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    @contextmanager
    def _parent(self, parents: list[str]) -> Iterator[int]:
        """Open the directory to write in, making what is missing; each step refuses links."""
        current = os.open(self._tree, _DIRECTORY | os.O_CLOEXEC)
        try:
            for name in parents:
                with contextlib.suppress(FileExistsError):
                    os.mkdir(name, dir_fd=current)
                child = open_beneath(current, name, _DIRECTORY, resolve=NO_SYMLINKS)
                os.close(current)
                current = child
            yield current
        finally:
            os.close(current)


def _components(path: str) -> list[str]:
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts:
        raise errors.BadInput(
            f"{path!r} leads outside the workspace, or could. Give the path from its root, without `..`."
        )
    if not parts or path.endswith("/"):
        raise errors.BadInput(f"{path!r} names a directory, not a file.")
    if any(is_dotgit(part) for part in parts):
        raise errors.BadInput(f"{path!r} belongs to git, which the worker alone runs. Leave it out.")
    return parts


def _replace(directory: int, name: str, path: str, content: bytes) -> None:
    mode = _mode_of(directory, name, path)
    temporary = f".{secrets.token_hex(8)}.tmp"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600, dir_fd=directory)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
            file.write(content)
            os.fchmod(descriptor, mode)
        os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(temporary, dir_fd=directory)
        raise


def _mode_of(directory: int, name: str, path: str) -> int:
    """Return the permissions the new file gets, after looking at what it replaces."""
    try:
        mode = os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
    except FileNotFoundError:
        return _NEW_MODE
    if stat.S_ISLNK(mode):
        raise OSError(errno.ELOOP, "symbolic link", path)
    if not stat.S_ISREG(mode):
        raise errors.BadInput(f"{path!r} is {'a directory' if stat.S_ISDIR(mode) else 'not a regular file'}.")
    return mode & 0o777


@contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _SENTENCES.get(error.errno or 0, f"{{path!r}} cannot be used: {error.strerror}.")
        raise errors.BadInput(reason.format(path=path)) from error
    except ValueError as error:  # NUL, or letters no file name can hold
        raise errors.BadInput(f"{path!r} is not a path.") from error


def _show(name: str) -> str:
    return os.fsencode(name).decode(errors="backslashreplace")


def _text(path: str, content: bytes) -> str:
    try:
        if b"\0" not in content:
            return content.decode()
    except UnicodeDecodeError:
        pass
    raise errors.BadInput(f"{path!r} is a binary file, not UTF-8 text.")


def _bytes(path: str, text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise errors.BadInput(f"The text for {path!r} holds letters UTF-8 cannot store.") from error


def _lines_of(old: str, text: str) -> list[int]:
    places = []
    place = text.find(old)
    while place >= 0:
        places.append(text.count("\n", 0, place) + 1)
        place = text.find(old, place + 1)
    return places


def _matches(path: str, lines: list[int], *, crlf: bool) -> str:
    if lines:
        named = ", ".join(map(str, lines[:20]))
        return f"The text stands {len(lines)} times in {path!r}, at lines {named}. Give more of what surrounds it."
    hint = r" Its lines end with \r\n; write them so." if crlf else " Read the file and copy the text exactly."
    return f"The text stands 0 times in {path!r}.{hint}"
