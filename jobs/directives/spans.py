"""Links and images of Markdown that go on in the next line, and hide it in their alternative text or title.

They end with the paragraph, so an empty line is always safe. In doubt a span counts as open. Rules from
https://spec.commonmark.org/0.31.2/#links and https://spec.commonmark.org/0.31.2/#link-reference-definitions
"""

from __future__ import annotations

import re

_MARKS = ("](", "![", "]:")
"""One of these is in every line that holds a link, an image or a definition, once its escapes are gone."""
_ESCAPED = re.compile(r"\\.")
_BRACKET = re.compile(r"!?\[|\]")
_DEFINITION = re.compile(r" {0,3}\[[^\]]+\]:")
_TITLE = re.compile(r"\s([\"'])")


def goes_on(line: str) -> bool:
    """Whether a link or image is still open where the line ends. Linear in its length."""
    if "]" not in line and "![" not in line:
        return False
    if "\\" not in line and not any(mark in line for mark in _MARKS):
        return False
    plain = _ESCAPED.sub("", line)
    return bool(_DEFINITION.match(plain)) or _image_is_open(plain) or _target_is_open(plain)


def _image_is_open(line: str) -> bool:
    open_brackets: list[str] = []
    for bracket in _BRACKET.findall(line):
        if bracket != "]":
            open_brackets.append(bracket)
        elif open_brackets:
            open_brackets.pop()
    return "![" in open_brackets


def _target_is_open(line: str) -> bool:
    first = line.find("](")
    if first < 0:
        return False
    last = line[line.rfind("](") :]
    if last.count("(") > last.count(")"):
        return True
    return any(line.find(title[1], title.end()) < 0 for title in _TITLE.finditer(line, first))
