"""Fenced code of Markdown, also as the first thing of a list item.

Rules from https://github.github.com/gfm/#fenced-code-blocks
"""

from __future__ import annotations

import re
from typing import NamedTuple

_OPENING = re.compile(r"( {0,3}(?:(?:[-*+]|\d{1,9}[.)]) {1,4})*)(`{3,}|~{3,})(.*)")
_MOST_INDENT = 3  # spaces; more of them make indented code


class Fence(NamedTuple):
    """An open fence: what closes it, and whether its content is ours to read."""

    mark: str
    """The run of backticks or tildes that opened it."""
    offset: int
    """Column at which the content of its list item begins; 0 outside of lists."""
    is_ours: bool
    """Whether its info string says `jca`: the author's way to write a block as code on purpose."""

    def holds(self, line: str) -> bool:
        """Whether the line is still within the list item that holds the fence."""
        return not line.strip() or _indent(line) >= self.offset

    def closed_by(self, line: str) -> bool:
        """Whether the line is its closing fence."""
        text = line.strip(" \t")
        return (
            len(text) >= len(self.mark) and not text.strip(self.mark[0]) and _indent(line) <= self.offset + _MOST_INDENT
        )


def opened_by(line: str) -> Fence | None:
    """The fence that the line opens, or None."""
    opening = _OPENING.match(line) if "```" in line or "~~~" in line else None
    if opening is None:
        return None
    before, mark, info = opening.groups()
    if mark[0] == "`" and "`" in info:
        return None
    return Fence(mark, len(before) if before.strip() else 0, is_ours=info.casefold().split()[:1] == ["jca"])


def _indent(line: str) -> int:
    expanded = line.expandtabs(4)
    return len(expanded) - len(expanded.lstrip(" "))
