"""Looking for secrets in everything an installation leaves behind or shows."""

from __future__ import annotations

import base64
import sqlite3
import subprocess
import threading
import time
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

LOOK_AGAIN = 0.005  # seconds; git processes live for a few milliseconds


@dataclass
class Watch:
    """The argument lists of a process's descendants, and the environments of those in a sandbox, while it lasts."""

    root: int
    command_lines: set[bytes] = field(default_factory=set)
    sandboxed: set[bytes] = field(default_factory=set)
    _over: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.is_set():
            for pid, inside in _descendants(self.root, inside=False):
                self.command_lines.add(_read(Path(f"/proc/{pid}/cmdline")))
                if inside:
                    self.sandboxed.add(_read(Path(f"/proc/{pid}/environ")))
            time.sleep(LOOK_AGAIN)


def _descendants(pid: int, *, inside: bool) -> Iterator[tuple[int, bool]]:
    """A process and those below it, each with whether bubblewrap runs it."""
    inside = inside or _read(Path(f"/proc/{pid}/comm")) == b"bwrap\n"
    yield pid, inside
    for task in _threads(pid):
        for child in _read(task / "children").split():
            yield from _descendants(int(child), inside=inside)


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # it ended meanwhile
        return b""


def found(secrets: Mapping[str, str], places: Iterable[tuple[str, bytes]]) -> list[str]:
    """Where which secret is, plain or in one of the forms it travels in: `provider key in logs/gateway.log`."""
    forms = {name: _forms(secret) for name, secret in secrets.items()}
    return sorted(
        {
            f"{name} in {place}"
            for place, content in places
            for name, ways in forms.items()
            if any(way in content for way in ways)
        }
    )


def _forms(secret: str) -> set[bytes]:
    """The secret, percent-encoded, and in Base64 at each of the three offsets it can have in a longer text."""
    plain = secret.encode()
    inner = {base64.b64encode(b"_" * offset + plain)[4 : -4 or None] for offset in range(3)}
    return {plain, quote(secret, safe="").encode(), *inner}


def files(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a directory, by its path in it."""
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(directory)), _read(path)


def ledger(path: Path) -> Iterator[tuple[str, bytes]]:
    """Every value of a SQLite ledger, unpacked where it is packed, by table and column."""
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608 - names from the database itself
            columns = [column[0] for column in rows.description]
            for row in rows:
                yield from ((f"{table}.{name}", _unpacked(value)) for name, value in zip(columns, row, strict=True))
    database.close()


def _unpacked(value: object) -> bytes:
    if not isinstance(value, bytes):
        return str(value).encode()
    try:
        return zlib.decompress(value)
    except zlib.error:
        return value


def git_objects(directory: Path) -> Iterator[tuple[str, bytes]]:
    """Every object of every git directory below a directory, unpacked."""
    for head in directory.rglob("HEAD"):
        if (head.parent / "objects").is_dir():
            argv = ["git", "--git-dir", str(head.parent), "cat-file", "--batch-all-objects", "--batch"]
            yield f"{head.parent.name} (objects)", subprocess.run(argv, check=True, capture_output=True).stdout
