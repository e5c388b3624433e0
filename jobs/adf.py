"""The visible text of an Atlassian Document Format document, the way Jira Cloud keeps rich text. Pure.

The nodes: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/. A document is hostile data: a
node of another shape is passed over, and depth costs no stack. Linear in the size of the document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from jobs.ticket import Flavor

_DEEPEST = 8  # levels of lists that are indented; what is deeper stands below the last of them
_LARGEST_NUMBER = 10**9  # of an ordered list's first item

_PLACEHOLDER = "\N{REPLACEMENT CHARACTER}"


def visible_body(value: object) -> tuple[str, Flavor]:
    """A description or comment as text, with how it is marked up: a string is wiki markup, an object is a document."""
    if isinstance(value, str):
        return value.replace("\0", _PLACEHOLDER), "jira_wiki"
    return (adf_text(value) if isinstance(value, Mapping) else ""), "text"


def adf_text(document: object) -> str:
    """What a reader sees of a document: a line per paragraph, item, row and line of code.

    List items begin with `- ` or a number, quoted lines with `> `, so that a block shown in one is none. Where a link
    leads and what a placeholder hints at is not visible.
    """
    page = _Page()
    waiting: list[_Step] = [_Enter(document, _Place())]
    while waiting:
        step = waiting.pop()
        if isinstance(step, _Enter):
            waiting.extend(reversed(_enter(step, page)))
        elif isinstance(step, _Space):
            page.write(" ")
        else:
            page.close()
    return page.text()


@dataclass(frozen=True)
class _Place:
    """Where a node stands."""

    quoted: bool = False
    lists: int = 0
    number: int | None = None
    """The number of an item, or of the first item in an ordered list; None in others."""
    in_row: bool = False
    """In a row of a table: all of it shares one line."""


@dataclass(frozen=True)
class _Enter:
    node: object
    place: _Place


class _EndLine:
    """The end of a block: what follows begins a new line."""


class _Space:
    """The end of a block in a row."""


_Step = _Enter | _EndLine | _Space


class _Page:
    """The lines so far."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self._mark = ""
        """What an item begins with whose first line is not yet written."""
        self._indent = ""

    def begin(self, indent: str, mark: str = "") -> None:
        """Go on with a new line, indented so; the first one after `mark` begins with that instead."""
        self.end_line()
        self._indent, self._mark = indent, mark or self._mark

    def write(self, text: str) -> None:
        """Add visible text; it may hold line ends."""
        if not text:
            return
        first, *others = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._line.append(first)
        for line in others:
            self._flush()
            self._line.append(line)

    def end_line(self) -> None:
        """Close the line if anything stands on it."""
        if self._line:
            self._flush()

    def close(self) -> None:
        """End a block; an item without text keeps its line."""
        if self._line or self._mark:
            self._flush()

    def text(self) -> str:
        """All of it."""
        self.end_line()
        return "\n".join(self._lines).replace("\0", _PLACEHOLDER)

    def _flush(self) -> None:
        self._lines.append(f"{self._mark or self._indent}{''.join(self._line)}".rstrip(" "))
        self._line, self._mark = [], ""


def _enter(step: _Enter, page: _Page) -> list[_Step]:
    """Write what a node shows by itself, and name what is to be done next."""
    node, place = step.node, step.place
    kind = node.get("type") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or not isinstance(kind, str):
        return []
    if kind in _SHOWN:
        return _show(kind, node, place, page)
    content = node.get("content")
    children = content if isinstance(content, list) else []
    inside = _inside(kind, node, place)
    if kind not in _BLOCKS:
        return [_Enter(child, inside) for child in children]
    if place.in_row:
        return [*(_Enter(child, inside) for child in children), _Space()]
    page.begin(*_beginning(kind, node, place))
    if kind in _TITLED and (title := _string(_attributes(node), "title")):
        page.write(title)
    return [*(_row(children, inside) if kind == "tableRow" else _numbered(children, inside)), _EndLine()]


def _show(kind: str, node: Mapping[str, object], place: _Place, page: _Page) -> list[_Step]:
    alone = kind in _ALONE and not place.in_row
    if alone:
        page.begin(*_beginning(kind, node, place))
    page.write(_SHOWN[kind](_attributes(node), node))
    return [_EndLine()] if alone else []


def _numbered(children: list[object], inside: _Place) -> list[_Step]:
    first = inside.number
    if first is None:
        return [_Enter(child, inside) for child in children]
    return [_Enter(child, replace(inside, number=first + index)) for index, child in enumerate(children)]


def _row(cells: list[object], inside: _Place) -> list[_Step]:
    bar = {"type": "text", "text": "| "}
    steps: list[_Step] = []
    for index, cell in enumerate(cells):
        steps += [_Enter(bar, inside)] if index else []
        steps.append(_Enter(cell, inside))
    return steps


def _inside(kind: str, node: Mapping[str, object], place: _Place) -> _Place:
    if kind == "blockquote":
        return replace(place, quoted=True, number=None)
    if kind == "tableRow":
        return replace(place, in_row=True, number=None)
    if kind not in _LISTS:
        return replace(place, number=None)
    order = _attributes(node).get("order", 1)
    start = order if isinstance(order, int) and 0 <= order < _LARGEST_NUMBER else 1
    return replace(place, lists=place.lists + 1, number=start if kind == "orderedList" else None)


def _beginning(kind: str, node: Mapping[str, object], place: _Place) -> tuple[str, str]:
    """How the lines of a block begin, and how the first of an item does instead."""
    outer = ("> " if place.quoted or kind == "blockquote" else "") + "  " * (min(place.lists, _DEEPEST) - 1)
    indent = f"{outer}  " if place.lists else outer
    if kind not in _ITEMS:
        return indent, ""
    done = {"DONE": "[x] ", "TODO": "[ ] "}.get(_string(_attributes(node), "state"), "")
    return indent, f"{outer}{'-' if place.number is None else f'{place.number}.'} {done}"


def _attributes(node: Mapping[str, object]) -> Mapping[str, object]:
    attributes = node.get("attrs")
    return attributes if isinstance(attributes, Mapping) else {}


def _string(fields: Mapping[str, object], *names: str) -> str:
    """The first of the fields that is a string with something in it."""
    return next((value for name in names if isinstance(value := fields.get(name), str) and value), "")


def _mention(attributes: Mapping[str, object]) -> str:
    name = _string(attributes, "text", "id")
    return name if name.startswith("@") else f"@{name}"


def _date(attributes: Mapping[str, object]) -> str:
    stamp = _string(attributes, "timestamp")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 15):  # noqa: PLR2004 - milliseconds, within datetime
        return ""
    return f"{datetime.fromtimestamp(int(stamp) / 1000, UTC):%Y-%m-%d}"


_Show = Callable[[Mapping[str, object], Mapping[str, object]], str]

_SHOWN: dict[str, _Show] = {
    "text": lambda _attributes, node: _string(node, "text"),
    "hardBreak": lambda _attributes, _node: "\n",
    "mention": lambda attributes, _node: _mention(attributes),
    "emoji": lambda attributes, _node: _string(attributes, "text", "shortName"),
    "date": lambda attributes, _node: _date(attributes),
    "status": lambda attributes, _node: _string(attributes, "text"),
    "inlineCard": lambda attributes, _node: _string(attributes, "url"),
    "blockCard": lambda attributes, _node: _string(attributes, "url"),
    "embedCard": lambda attributes, _node: _string(attributes, "url"),
    "media": lambda attributes, _node: _string(attributes, "alt"),
    "mediaInline": lambda attributes, _node: _string(attributes, "alt"),
    "rule": lambda _attributes, _node: "----",
    "placeholder": lambda _attributes, _node: "",
}
"""Nodes that show something of their own and hold nothing."""

_ALONE = {"rule", "blockCard", "embedCard"}
"""Those of them that stand on lines of their own."""

_LISTS = {"bulletList", "orderedList", "taskList", "decisionList"}
_ITEMS = {"listItem", "taskItem", "blockTaskItem", "decisionItem"}
_TITLED = {"expand", "nestedExpand"}
_BLOCKS = {"paragraph", "heading", "codeBlock", "panel", "blockquote", "tableRow", "caption"}
_BLOCKS |= {"mediaSingle", "mediaGroup", *_LISTS, *_ITEMS, *_TITLED}
"""Nodes that begin and end on lines of their own."""
