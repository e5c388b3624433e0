"""A unified diff as HTML, file by file. Pure; paths and content are hostile and always escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

COLLAPSED = 500  # lines; a longer file starts folded
SHOWN = 5_000  # lines of one file that are rendered; the raw diff has them all

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,\d{1,9})? \+(\d{1,9})(?:,\d{1,9})? @@")
_ROW = Markup('<tr class="{}"><td class="n">{}</td><td class="n">{}</td><td class="code">{}</td></tr>')


@dataclass(frozen=True)
class File:
    """What changed in one file."""

    path: str
    change: str
    """`added`, `deleted`, `renamed`, `binary` or `changed`."""
    added: int
    removed: int
    lines: tuple[str, ...]
    """Hunks as they stand in the diff."""

    @property
    def folded(self) -> bool:
        """Whether it is too long to be shown open."""
        return len(self.lines) > COLLAPSED

    @property
    def cut(self) -> int:
        """Lines that are not rendered."""
        return max(0, len(self.lines) - SHOWN)


def read(text: str) -> list[File]:
    """Split what `git diff` prints into files, in its order."""
    blocks: list[list[str]] = []
    for line in text.split("\n"):
        if line.startswith("diff --git "):
            blocks.append([])
        if blocks:
            blocks[-1].append(line)
    return [_file(block) for block in blocks]


def render(file: File) -> Markup:
    """The rows of a table: old line number, new line number, line."""
    return Markup("").join(_rows(file.lines[:SHOWN]))


def _file(block: list[str]) -> File:
    start = next((i for i, line in enumerate(block) if line.startswith("@@")), len(block))
    head, lines = block[:start], block[start:]
    while lines and not lines[-1]:
        lines.pop()
    return File(
        path=_path(head),
        change=_change(head),
        added=sum(line.startswith("+") for line in lines),
        removed=sum(line.startswith("-") for line in lines),
        lines=tuple(lines),
    )


def _path(head: list[str]) -> str:
    for prefix in ("+++ b/", "--- a/", "rename to "):
        for line in head:
            if line.startswith(prefix):
                return line.removeprefix(prefix).rstrip("\t")
    return head[0].removeprefix("diff --git ").rpartition(" b/")[2]


def _change(head: list[str]) -> str:
    words = {"new file": "added", "deleted file": "deleted", "rename to": "renamed", "Binary files": "binary"}
    for prefix, word in words.items():
        if any(line.startswith(prefix) for line in head):
            return word
    return "changed"


def _rows(lines: Iterable[str]) -> Iterable[Markup]:
    old = new = 0
    for line in lines:
        if hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
            yield _ROW.format("hunk", "", "", line)
        elif line.startswith("+"):
            yield _ROW.format("add", "", new, line)
            new += 1
        elif line.startswith("-"):
            yield _ROW.format("del", old, "", line)
            old += 1
        elif line.startswith("\\"):
            yield _ROW.format("hunk", "", "", line.removeprefix("\\ "))
        else:
            yield _ROW.format("same", old, new, line)
            old, new = old + 1, new + 1
