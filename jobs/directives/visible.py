"""Which lines of a body a reader sees as the author's own words, by flavor.

Code, quotes and hidden text are where people show or repeat a block without meaning it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from jobs.directives import fences, markup, spans

if TYPE_CHECKING:  # a ticket knows which of its labels are directives
    from jobs.ticket import Flavor

Hidden = Literal["", "code", "quote", "comment", "html", "link"]
"""Where a line is that does not count; empty for one that does."""

LINE_END = re.compile(r"\r\n|\r|\n")
_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_QUOTE = re.compile(r" {0,3}>[ \t>]*")
_BRACKETS = "[\ufe47\uff3b"
"""The bracket, and what compatibility normalisation makes one."""
_MARKS: dict[str, re.Pattern[str]] = {
    "markdown": re.compile(rf"[\{_BRACKETS}\]<>`~]"),
    "jira_wiki": re.compile(rf"[\{_BRACKETS}{{]"),
    "text": re.compile(rf"[\{_BRACKETS}]"),
}
"""A line without any of these is prose: it neither is a tag, nor looks like one, nor hides what follows."""
_MACRO = re.compile(r"(?<!\\)\{(quote|code|noformat|panel|color)(?::[^{}]*)?\}", re.IGNORECASE)


class Line(NamedTuple):
    """One line of the body, or a part of one."""

    number: int
    """Counted from 1 in the body as it was sent."""
    text: str
    hidden: Hidden = ""


def read_lines(text: str, flavor: Flavor, *, after_prose: bool = False) -> Iterator[Line]:
    """All lines of the body, each marked as visible or as hidden in what. Linear in the length of `text`.

    Args:
        text: the body.
        flavor: how it is marked up.
        after_prose: leave out the lines above the first one with a mark; only they could be a tag or hide one.
    """
    plain = text.removeprefix("\ufeff").replace("\u00a0", " ")
    first = 1
    if after_prose:
        start, first = _end_of_prose(plain, flavor)
        plain = plain[start:]
    numbered = enumerate(LINE_END.split(plain), first)
    if flavor == "markdown":
        reader = _Markdown()
        return (line for number, raw in numbered for line in reader.read(number, raw))
    if flavor == "jira_wiki":
        wiki = _Wiki()
        return (line for number, raw in numbered for line in wiki.read(number, raw))
    return (Line(number, raw) for number, raw in numbered)


def has_bracket(text: str) -> bool:
    """Whether there is anything a tag could begin with; without it there is neither a block nor a near miss."""
    return any(bracket in text for bracket in _BRACKETS)


def _end_of_prose(text: str, flavor: Flavor) -> tuple[int, int]:
    """Where the first line with a mark begins, and its number."""
    mark = _MARKS[flavor].search(text)
    end = mark.start() if mark else len(text)
    start = max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1
    return start, 1 + len(LINE_END.findall(text, 0, start))


class _Markdown:
    """Block structure of GitHub Flavored Markdown, as far as it decides what is visible."""

    def __init__(self) -> None:
        self._fence: fences.Fence | None = None
        self._markup = markup.Markup()
        self._quoted = False
        """Whether the line before was quoted text: a paragraph goes on in its quote without `>`."""
        self._spanned = False
        """Whether a link or image of this paragraph may hide what follows in it."""

    def read(self, number: int, raw: str) -> Iterable[Line]:
        if self._is_open() or _MARKS["markdown"].search(raw):
            return self._read_marked(number, raw)
        return (Line(number, raw),)

    def _is_open(self) -> bool:
        """Whether something of an earlier line goes on."""
        return self._fence is not None or self._quoted or self._spanned or bool(self._markup.inside)

    def _read_marked(self, number: int, raw: str) -> Iterator[Line]:
        if self._fence and self._fence.holds(raw):
            if self._fence.closed_by(raw):
                self._fence = None
            else:
                yield Line(number, raw, "" if self._fence.is_ours else "code")
            return
        self._fence = None
        before = self._markup.inside
        if not before and (fence := fences.opened_by(raw)):
            self._fence, self._quoted, self._spanned = fence, False, False
            return
        seen = self._markup.visible(raw)
        if raw.strip() and not seen.strip():
            yield Line(number, raw, before or "comment")
        elif self._in_quote(raw):
            yield Line(number, raw, "quote")
        elif self._in_span(seen):
            yield Line(number, raw, "link")
        else:
            for part in _BREAK.split(seen) if "<" in seen else (seen,):
                yield Line(number, part)

    def _in_span(self, seen: str) -> bool:
        hidden = self._spanned and bool(seen.strip())
        self._spanned = hidden or spans.goes_on(seen)
        return hidden

    def _in_quote(self, raw: str) -> bool:
        mark = _QUOTE.match(raw) if ">" in raw else None
        if mark:
            self._quoted = mark.end() < len(raw)
            return True
        self._quoted = self._quoted and bool(raw.strip())
        return self._quoted


class _Wiki:
    """Jira's wiki markup: macros that only decorate are dropped, `{quote}` and `bq.` hide."""

    def __init__(self) -> None:
        self._quoted = False

    def read(self, number: int, raw: str) -> Iterator[Line]:
        if raw.startswith("bq. "):
            yield Line(number, raw, "quote")
            return
        shown: list[str] = []
        for text, hidden in self._pieces(raw):
            if hidden:
                yield Line(number, text, "quote")
            else:
                shown.append(text)
        for part in "".join(shown).split("\\\\"):
            yield Line(number, part)

    def _pieces(self, raw: str) -> Iterator[tuple[str, bool]]:
        at = 0
        for macro in _MACRO.finditer(raw):
            if at < macro.start():
                yield raw[at : macro.start()], self._quoted
            at = macro.end()
            if macro[1].casefold() == "quote":
                self._quoted = not self._quoted
        if at < len(raw):
            yield raw[at:], self._quoted
