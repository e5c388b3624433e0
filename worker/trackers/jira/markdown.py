"""Our Markdown as tokens, and made to fit where Jira bounds it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from markdown_it.token import Token

from worker.markdown import is_web_link, parser

LONGEST = 32_767  # characters of a comment: https://jira.atlassian.com/browse/JRASERVER-64351
CUT = "*… cut here: the rest did not fit. JCA shows it in full.*"

_ROOM = 512  # characters for the note and the last part, in any format
_URL = re.compile(r"https?://[^\s<>\"'`|\\^{}\[\]]+")
_TRAILING = ".,;:!?)*_~"

_PARSER = parser("strikethrough")


class Piece(NamedTuple):
    """A part of a text: words, or an address that stands for itself."""

    text: str
    is_url: bool


def parse(text: str) -> list[Token]:
    """Read CommonMark with tables and strikethrough; HTML and images stay text, links lead only to http(s)."""
    return _PARSER.parse(text)


def pieces(text: str) -> Iterator[Piece]:
    """Split a text at the addresses in it: neither format makes links of them by itself. Linear."""
    at = 0
    for match in _URL.finditer(text):
        url = match[0].rstrip(_TRAILING)
        if not is_web_link(url):
            continue
        if at < match.start():
            yield Piece(text[at : match.start()], is_url=False)
        at = match.start() + len(url)
        yield Piece(url, is_url=True)
    if at < len(text):
        yield Piece(text[at:], is_url=False)


def shorten(body: str, size: Callable[[tuple[str, ...]], int], last: str) -> tuple[str, ...]:
    """The Markdown documents that make up a comment: as much of `body` as fits, a note if it was cut, and `last`.

    Args:
        body: Markdown; cut at the end of a line where there is one.
        size: how long documents are as the server counts.
        last: always kept.
    """
    whole = (body, last)
    if len(body) <= LONGEST and size(whole) <= LONGEST:
        return whole
    kept = min(len(body), LONGEST - _ROOM)
    while True:
        start = body[:kept]
        cut = (start.rpartition("\n")[0] or start, CUT, last)
        length = size(cut)
        if length <= LONGEST or not kept:
            return cut
        kept = min(kept - 1, int(kept * LONGEST / length * 0.97))
