"""Where the block is: finding the tags, the extent and the size of the first `[JCA]` … `[/JCA]`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple

from jobs.directives.problems import Notes, Rejected
from jobs.directives.visible import Line

LONGEST_BLOCK = 8 * 1024  # characters between the tags
MOST_LINES = 60

_TAG = re.compile(r" {0,3}\\?\[(/?)jca\\?\][ \t]*\Z", re.IGNORECASE | re.ASCII)
_OPENING = re.compile(r" {0,3}\\?\[jca\\?\]", re.IGNORECASE | re.ASCII)
_CLOSING = re.compile(r"\\?\[/jca\\?\][ \t]*\Z", re.IGNORECASE | re.ASCII)

_LONGEST_NEAR_MISS = 120  # characters; tags stand alone, a longer line is prose
_LOOK_ALIKES = str.maketrans("\u0408\u0421\u0410\u0391\u03f9\u037f\u0458\u0441\u0430\u03b1", "JCAACJjcaa")
_PLACES = {
    "code": ("block_in_code_ignored", "code, which shows a block without meaning it"),
    "quote": ("block_in_quote_ignored", "a quote, which repeats a block without meaning it"),
    "comment": ("block_in_comment_ignored", "an HTML comment, which readers do not see"),
    "html": ("block_in_html_ignored", "an HTML tag that is not closed, which readers do not see"),
    "link": ("block_in_link_ignored", "a paragraph with an open link or image; put an empty line above it"),
}


class Block(NamedTuple):
    """The content of a block: its visible lines without the tags."""

    line: int
    """Where its opening tag stands."""
    lines: tuple[Line, ...]


def find_block(lines: Iterable[Line], notes: Notes) -> Block | None:
    """The first block, or None; what looks like one but does not count goes to `notes`.

    Raises:
        Rejected: the block is not closed, holds another one, or is too large.
    """
    search = _Search(notes)
    for line in lines:
        search.look(line)
    return search.result()


class _Search:
    """One walk over the lines: before the block, inside it, after it."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._block: Block | None = None
        self._opened = 0
        """Line of the opening tag while the block is open, else 0."""
        self._lines: list[Line] = []
        self._size = 0
        self._count = 0
        self._told = False

    def look(self, line: Line) -> None:
        if "[" not in line.text and not self._opened and line.text.isascii():
            return
        if line.hidden:
            self._pass_hidden(line)
        elif tag := _TAG.match(line.text):
            self._pass_tag(line, closes=bool(tag[1]))
        elif (content := _whole_block(line.text)) is not None:
            self._pass_tag(line, closes=False)
            self._take(line._replace(text=content))
            self._pass_tag(line, closes=True)
        else:
            self._pass_text(line)

    def result(self) -> Block | None:
        if self._opened:
            message = "The block is not closed: write [/JCA] alone on the line after its last one."
            raise Rejected("unclosed_block", message, line=self._opened, suggestion="[/JCA]")
        return self._block

    def _pass_tag(self, line: Line, *, closes: bool) -> None:
        if closes:
            self._close()
        elif self._opened:
            message = f"A second [JCA] stands inside the block that opens on line {self._opened}; close that one first."
            raise Rejected("nested_block", message, line=line.number, suggestion="[/JCA]")
        elif self._block:
            message = f"Only the first block counts, on line {self._block.line}; this one is ignored."
            self._notes.add("extra_block_ignored", message, line=line.number)
        else:
            self._opened = line.number

    def _close(self) -> None:
        if not self._opened:
            return
        if self._count > MOST_LINES or self._size > LONGEST_BLOCK:
            message = f"The block is too large: at most {MOST_LINES} lines and {LONGEST_BLOCK} characters are read."
            raise Rejected("block_too_large", message, line=self._opened)
        self._block = Block(self._opened, tuple(self._lines))
        self._opened = 0

    def _take(self, line: Line) -> None:
        if not self._opened:
            return
        self._count += 1
        self._size += len(line.text)
        if not line.hidden and self._count <= MOST_LINES:
            self._lines.append(line)

    def _pass_hidden(self, line: Line) -> None:
        self._take(line)
        text = line.text.strip(" \t><!-")
        tag = _TAG.match(text)
        if (tag and not tag[1]) or _whole_block(text) is not None:
            code, place = _PLACES[line.hidden]
            self._notes.add(code, f"A block on this line is ignored: it is inside {place}.", line=line.number)
        elif self._opened and line.hidden != "comment" and line.text.strip() and not self._told:
            self._told = True
            message = f"This line of the block is ignored: it is inside {line.hidden}."
            self._notes.add("line_in_block_ignored", message, line=line.number)

    def _pass_text(self, line: Line) -> None:
        self._take(line)
        if self._block or self._notes.full or not _looks_like_tag(line.text, closing=bool(self._opened)):
            return
        tag = "[/JCA]" if self._opened else "[JCA]"
        message = f"This line looks like {tag} but is not: the tag stands alone, in plain letters, barely indented."
        self._notes.add("near_miss", message, line=line.number, suggestion=tag)


def _whole_block(text: str) -> str | None:
    """What stands between the tags when one line holds a block and nothing else."""
    opening = _OPENING.match(text)
    closing = _CLOSING.search(text, opening.end()) if opening else None
    return text[opening.end() : closing.start()] if opening and closing else None


def _looks_like_tag(text: str, *, closing: bool) -> bool:
    if len(text) > _LONGEST_NEAR_MISS or (text.isascii() and "[" not in text):
        return False
    plain = unicodedata.normalize("NFKC", text).translate(_LOOK_ALIKES)
    bare = "".join(char for char in plain if char.isalnum() or char in "[/]").casefold()
    if closing:
        return bare in {"[/jca]", "[jca/]"}
    return bare == "[jca]" or (bare.startswith("[jca]") and (bare.endswith("[/jca]") or "=" in plain))
