"""Markdown as Jira's wiki markup, which Data Center takes. Pure.

The notation: https://jira.atlassian.com/secure/WikiRendererHelpAction.jspa?section=all. Words of the text start nothing
in it: no macro, mention, image or link of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from markdown_it.token import Token

from worker.trackers.jira.markdown import parse, pieces

_SPECIAL = re.compile(r"[\\{}\[\]|*_\-+^~?!#@]")
_IN_ADDRESS = re.compile(r"[|\[\]{}!\s]")
_NOFORMAT = re.compile(r"\{(?=noformat)", re.IGNORECASE)
_MARKS = {"em": "_", "strong": "*", "s": "-"}
_LISTS = {"bullet_list": "*", "ordered_list": "#"}
_JOINER = "\N{WORD JOINER}"


def markup(*parts: str) -> str:
    """Wiki markup of several texts in Markdown, one after the other."""
    return "\n\n".join(text for part in parts if (text := _Writer().write(parse(part))))


def size(parts: tuple[str, ...]) -> int:
    """How long the markup is, in UTF-16 units: never fewer than Jira counts."""
    return len(markup(*parts).encode("utf-16-le", "surrogatepass")) // 2


class _Writer:
    """Writes blocks of tokens."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._lists = ""
        self._quotes = 0
        self._begin = ""
        """What the line of the next text begins with."""
        self._last_cell = "|"

    def write(self, tokens: Iterable[Token]) -> str:
        for token in tokens:
            self._take(token)
        text = "".join(self._out)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def _take(self, token: Token) -> None:
        name = token.type.rpartition("_")[0]
        if name in _LISTS:
            self._lists = self._lists + _LISTS[name] if token.nesting > 0 else self._lists[:-1]
            self._out.append("" if self._lists else "\n")
        elif name == "blockquote":
            self._quote(token.nesting)
        elif token.type in {"fence", "code_block"}:
            content = _NOFORMAT.sub(f"{{{_JOINER}", token.content)
            self._out.append(f"{self._begin}{{noformat}}\n{content}{{noformat}}\n{self._gap()}")
            self._begin = ""
        elif token.type == "hr":
            self._out.append("----\n\n" if not self._lists else "")
        elif token.type == "inline":
            self._out.append(self._begin + _inline(token.children or []))
            self._begin = ""
        else:
            self._block(token, name)

    def _block(self, token: Token, name: str) -> None:
        opens = token.nesting > 0
        if name == "list_item" and opens:
            self._begin = f"{self._lists} "
        elif name == "heading":
            level = "" if self._lists else f"h{token.tag[1]}. "
            self._begin = (self._begin or level) if opens else self._begin
            self._out.append("" if opens else f"\n{self._gap()}")
        elif name == "paragraph":
            self._out.append("" if opens else f"\n{self._gap()}")
        elif name in {"th", "td"}:
            self._out.append(("||" if name == "th" else "|") if opens else "")
            self._last_cell = "||" if name == "th" else "|"
        elif name == "tr" and not opens:
            self._out.append(f"{self._last_cell}\n")
        elif name == "table" and not opens:
            self._out.append(self._gap())

    def _quote(self, nesting: int) -> None:
        self._quotes += nesting
        if self._quotes == (1 if nesting > 0 else 0):
            self._out.append("{quote}\n" if nesting > 0 else f"{{quote}}\n{self._gap()}")

    def _gap(self) -> str:
        """An empty line would end a list."""
        return "" if self._lists else "\n"


def _inline(tokens: Iterable[Token]) -> str:
    out: list[str] = []
    href = ""
    for token in tokens:
        name = token.type.rpartition("_")[0]
        if name in _MARKS and token.nesting:
            # braces make a mark count inside a word as well
            out.append(f"{{{_MARKS[name]}}}" if name != "s" else _MARKS[name])
        elif name == "link":
            out.append("[" if token.nesting > 0 else f"|{_address(href)}]")
            href = str(token.attrs.get("href", "")) if token.nesting > 0 else ""
        elif token.type == "code_inline":
            out.append(f"{{{{{_escaped(token.content)}}}}}")
        elif token.type in {"softbreak", "hardbreak"}:
            out.append(" " if token.type == "softbreak" else "\\\\ ")
        else:
            out.append(_escaped(token.content) if href else _words(token.content))
    return "".join(out)


def _words(text: str) -> str:
    return "".join(f"[{_address(piece.text)}]" if piece.is_url else _escaped(piece.text) for piece in pieces(text))


def _address(url: str) -> str:
    return _IN_ADDRESS.sub(lambda match: f"%{ord(match[0]):02X}", url)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"\\{match[0]}", text)
