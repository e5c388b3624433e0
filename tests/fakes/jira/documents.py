"""A strict judge of Atlassian Document Format: the shapes we write, and nothing else."""

from __future__ import annotations

import json
from typing import Any

LONGEST = 32_767

_INLINE = {"text", "hardBreak"}
_NESTED = {"paragraph", "codeBlock", "bulletList", "orderedList"}
_CONTENT: dict[str, set[str]] = {
    "doc": {"paragraph", "heading", "codeBlock", "bulletList", "orderedList", "blockquote", "rule", "table"},
    "paragraph": _INLINE,
    "heading": _INLINE,
    "codeBlock": {"text"},
    "bulletList": {"listItem"},
    "orderedList": {"listItem"},
    "listItem": _NESTED,
    "blockquote": _NESTED,
    "table": {"tableRow"},
    "tableRow": {"tableHeader", "tableCell"},
    "tableHeader": {"paragraph"},
    "tableCell": {"paragraph"},
}
_NEVER_EMPTY = {"bulletList", "orderedList", "listItem", "blockquote", "table", "tableRow", "tableHeader", "tableCell"}
_KEYS: dict[str, set[str]] = {
    "doc": {"version", "content"},
    "heading": {"attrs", "content"},
    "orderedList": {"attrs", "content"},
    "codeBlock": {"attrs", "content"},
    "text": {"text", "marks"},
    "hardBreak": set(),
    "rule": set(),
}
_MARKS = {"em", "strong", "strike", "code", "link"}


def problem(document: object) -> str:
    """What is wrong with a document, with its place; empty when it is right."""
    if not isinstance(document, dict) or document.get("type") != "doc" or document.get("version") != 1:
        return "it is no document of version 1"
    waiting: list[tuple[dict[str, Any], str]] = [(document, "doc")]
    while waiting:
        node, place = waiting.pop()
        if wrong := _wrong(node):
            return f"{place}: {wrong}"
        for index, child in enumerate(node.get("content", [])):
            if not isinstance(child, dict) or child.get("type") not in _CONTENT.get(node["type"], set()):
                return f"{place}.{index}: {child!r:.80} may not stand there"
            waiting.append((child, f"{place}.{index}.{child['type']}"))
    return ""


def _wrong(node: dict[str, Any]) -> str:
    kind = node["type"]
    if extra := node.keys() - _KEYS.get(kind, {"content"}) - {"type"}:
        return f"unknown {extra}"
    if kind == "text":
        return _wrong_text(node)
    if kind in _CONTENT and (wrong := _wrong_content(kind, node.get("content"))):
        return wrong
    return _wrong_attributes(kind, node.get("attrs"))


def _wrong_content(kind: str, content: object) -> str:
    if not isinstance(content, list):
        return "content is missing"
    if kind in _NEVER_EMPTY and not content:
        return "content is empty"
    if kind == "listItem" and content[0].get("type") not in {"paragraph", "codeBlock"}:
        return "an item begins with text"
    if kind == "codeBlock" and any("marks" in child for child in content):
        return "code has no marks"
    return ""


def _wrong_attributes(kind: str, attrs: Any) -> str:  # noqa: ANN401 - anything may come
    match kind, attrs:
        case "heading", {"level": 1 | 2 | 3 | 4 | 5 | 6, **rest} if not rest:
            return ""
        case "orderedList", {"order": int(order), **rest} if not rest and order >= 0:
            return ""
        case "codeBlock", {"language": str(), **rest} if not rest:
            return ""
        case "heading" | "orderedList", _:
            return f"attributes {attrs!r}"
    return "" if attrs is None else f"attributes {attrs!r}"


def _wrong_text(node: dict[str, Any]) -> str:
    if not isinstance(node.get("text"), str) or not node["text"]:
        return "text is empty"
    marks = node.get("marks", [])
    kinds = [mark.get("type") for mark in marks]
    if ("marks" in node and not marks) or len(set(kinds)) != len(kinds) or not set(kinds) <= _MARKS:
        return f"marks {kinds}"
    if "code" in kinds and not set(kinds) <= {"code", "link"}:
        return "code goes together with a link only"
    for mark in marks:
        attrs = mark.get("attrs")
        if mark.keys() - {"type", "attrs"} or (mark["type"] != "link" and attrs is not None):
            return f"mark {mark}"
        if mark["type"] == "link" and not str(attrs["href"]).startswith(("http://", "https://")):
            return f"link to {attrs['href']!r:.80}"
    return ""


def size(document: object) -> int:
    """Characters of its JSON."""
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")))
