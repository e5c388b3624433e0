"""Making a text fit where GitHub bounds it, without breaking its Markdown. Pure."""

from __future__ import annotations

import io
import re

LONGEST_BODY = 65_536  # characters of an issue's, comment's or pull request's body
LONGEST_TITLE = 256
LONGEST_SUMMARY = 65_535  # of a check run: https://docs.github.com/en/rest/checks/runs

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")
_CUT = "\n\n*… cut here: the rest did not fit. JCA shows it in full.*\n"


def fit(body: str, limit: int = LONGEST_BODY) -> str:
    """Cut Markdown at a line's end, close the code block this leaves open, and say so.

    Lengths are counted in UTF-16 units, which are never fewer than what GitHub counts.
    """
    if _units(body) <= limit:
        return body
    kept, fence, room = [], "", limit - _units(_CUT)
    for line in io.StringIO(body, newline=""):  # as CommonMark ends lines
        after = _fence_after(fence, line)
        if _units(line) > room - _units(_closing(after)):
            kept.append("" if fence else _beginning(line, room))
            break
        kept.append(line)
        room -= _units(line)
        fence = after
    return "".join(kept) + _closing(fence) + _CUT


def one_line(text: str, limit: int = LONGEST_TITLE) -> str:
    """A title: one line, shortened at its end."""
    line = " ".join(text.split())
    return line if _units(line) <= limit else f"{_start(line, limit - 1)}…"


def _fence_after(fence: str, line: str) -> str:
    """The fence that is open after this line, as the text that closes it; empty outside."""
    match = _FENCE.match(line.rstrip("\r\n"))
    if match is None:
        return fence
    marks, rest = match[1], match[2]
    if fence:
        closes = marks[0] == fence[0] and len(marks) >= len(fence) and not rest.strip()
        return "" if closes else fence
    return "" if marks[0] == "`" and "`" in rest else marks


def _closing(fence: str) -> str:
    return f"{fence}\n" if fence else ""


def _beginning(line: str, units: int) -> str:
    """What is shown of the line that does not fit; nothing of one that would open a code block."""
    start = _start(line.rstrip("\r\n"), units)
    return "" if _FENCE.match(start) else start


def _start(line: str, units: int) -> str:
    """As much of a line as fits, cut after a word where there is one."""
    raw = line.encode("utf-16-le", "surrogatepass")[: 2 * max(units, 0)]
    start = raw.decode("utf-16-le", "ignore")
    word = start.rpartition(" ")[0]
    return word or start


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
