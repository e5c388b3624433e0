"""Markdown as an Atlassian Document Format document. Pure.

What may stand in what: https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/. Markdown allows
more: a heading, quote, rule or table inside a list becomes paragraphs there. Mentions and media never come out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from markdown_it.token import Token

from worker.trackers.jira.markdown import parse, pieces

Node = dict[str, Any]

_MARKS = {"em": "em", "strong": "strong", "s": "strike"}
_KINDS = {
    "paragraph_open": "paragraph",
    "heading_open": "heading",
    "bullet_list_open": "bulletList",
    "ordered_list_open": "orderedList",
    "list_item_open": "listItem",
    "blockquote_open": "blockquote",
    "table_open": "table",
    "tr_open": "tableRow",
    "th_open": "tableHeader",
    "td_open": "tableCell",
}
_LANGUAGE = re.compile(r"[A-Za-z0-9+#.-]{1,32}")
_NESTED = {"paragraph", "codeBlock", "bulletList", "orderedList"}
"""What may stand in an item or a quote."""


def document(*parts: str) -> Node:
    """One document of several texts in Markdown, one after the other."""
    blocks = [block for part in parts for block in _Builder().build(parse(part))]
    return {"version": 1, "type": "doc", "content": blocks or [_paragraph([])]}


def size(parts: tuple[str, ...]) -> int:
    """How long a document is, in characters of its JSON: never fewer than Jira counts."""
    return len(json.dumps(document(*parts), ensure_ascii=False, separators=(",", ":")))


class _Builder:
    """Makes blocks of tokens; depth is bounded by the parser."""

    def __init__(self) -> None:
        self._open: list[Node] = [{"type": "doc", "content": []}]

    def build(self, tokens: Iterable[Token]) -> list[Node]:
        for token in tokens:
            self._take(token)
        blocks: list[Node] = self._open[0]["content"]
        return blocks

    def _take(self, token: Token) -> None:
        if token.type in {"fence", "code_block"}:
            self._add(_code(token))
        elif token.type == "inline":
            self._open[-1]["content"] += _inline(token.children or [])
        elif token.type == "hr":
            self._add({"type": "rule"})
        elif token.nesting > 0 and (node := _opened(token)):
            self._open.append(node)
        elif token.nesting < 0 and token.type not in {"thead_close", "tbody_close"}:
            self._add(self._open.pop())

    def _add(self, node: Node) -> None:
        parent = self._open[-1]
        if parent["type"] in {"listItem", "blockquote"}:
            parent["content"] += _demoted(node)
            return
        if node["type"] in {"tableHeader", "tableCell"}:
            node["content"] = [_paragraph(node["content"])]
        elif node["type"] == "listItem" and _first(node) not in {"paragraph", "codeBlock"}:
            node["content"].insert(0, _paragraph([]))
        elif node["type"] == "blockquote" and not node["content"]:
            node["content"] = [_paragraph([])]
        parent["content"].append(node)


def _opened(token: Token) -> Node | None:
    """The node that a token opens; None for one that has no counterpart."""
    kind = _KINDS.get(token.type)
    if kind is None:
        return None
    node: Node = {"type": kind, "content": []}
    if kind == "heading":
        node["attrs"] = {"level": int(token.tag[1])}
    elif kind == "orderedList":
        node["attrs"] = {"order": int(token.attrs.get("start", 1))}
    return node


def _demoted(node: Node) -> list[Node]:
    """A block as what may stand in an item or a quote."""
    kind = node["type"]
    if kind in _NESTED:
        return [node]
    if kind == "heading":
        return [_paragraph(node["content"])]
    if kind == "blockquote":
        content: list[Node] = node["content"]
        return content
    if kind == "table":
        return [_paragraph(_joined(row["content"])) for row in node["content"]]
    return []  # a rule divides nothing here


def _joined(cells: list[Node]) -> list[Node]:
    inlines: list[Node] = []
    for index, cell in enumerate(cells):
        inlines += [{"type": "text", "text": " | "}] if index else []
        inlines += cell["content"][0]["content"]
    return inlines


def _first(node: Node) -> str:
    return str(node["content"][0]["type"]) if node["content"] else ""


def _paragraph(content: list[Node]) -> Node:
    return {"type": "paragraph", "content": content}


def _code(token: Token) -> Node:
    text = token.content.removesuffix("\n")
    node: Node = {"type": "codeBlock", "content": [{"type": "text", "text": text}] if text else []}
    language = token.info.split(maxsplit=1)[0] if token.info.strip() else ""
    if _LANGUAGE.fullmatch(language):
        node["attrs"] = {"language": language}
    return node


def _inline(tokens: Iterable[Token]) -> list[Node]:
    nodes: list[Node] = []
    marks: dict[str, Node] = {}
    for token in tokens:
        name = token.type.rpartition("_")[0]
        if name in _MARKS and token.nesting:
            _set(marks, _MARKS[name], {"type": _MARKS[name]} if token.nesting > 0 else None)
        elif name == "link":
            mark = {"type": "link", "attrs": {"href": str(token.attrs.get("href", ""))}}
            _set(marks, "link", mark if token.nesting > 0 else None)
        elif token.type == "hardbreak":
            nodes.append({"type": "hardBreak"})
        elif token.type == "code_inline":
            # only a link goes together with code
            kept = [mark for kind, mark in marks.items() if kind == "link"]
            _text(nodes, token.content, [*kept, {"type": "code"}])
        else:
            _words(nodes, " " if token.type == "softbreak" else token.content, marks)
    return nodes


def _words(nodes: list[Node], text: str, marks: dict[str, Node]) -> None:
    for piece in pieces(text):
        link = [{"type": "link", "attrs": {"href": piece.text}}] if piece.is_url and "link" not in marks else []
        _text(nodes, piece.text, [*marks.values(), *link])


def _text(nodes: list[Node], text: str, marks: list[Node]) -> None:
    if not text:
        return
    if nodes and nodes[-1]["type"] == "text" and nodes[-1].get("marks", []) == marks:
        nodes[-1]["text"] += text
        return
    nodes.append({"type": "text", "text": text} | ({"marks": marks} if marks else {}))


def _set(marks: dict[str, Node], kind: str, mark: Node | None) -> None:
    if mark:
        marks[kind] = mark
    else:
        marks.pop(kind, None)
