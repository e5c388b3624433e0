from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.adf import adf_text, visible_body
from jobs.directives import parse_directives

BREAK = {"type": "hardBreak"}
BLOCK = "[JCA]\neffort=low\n[/JCA]"


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def _node(kind: str, *content: Any, **attrs: object) -> dict[str, Any]:  # noqa: ANN401
    return {
        "type": kind,
        "content": [_text(part) if isinstance(part, str) else part for part in content],
        "attrs": attrs,
    }


def _p(*content: Any) -> dict[str, Any]:  # noqa: ANN401
    return _node("paragraph", *content)


def _doc(*content: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"type": "doc", "version": 1, "content": list(content)}


@pytest.mark.parametrize(
    ("document", "text"),
    [
        (_doc(_p("one"), _p("two")), "one\ntwo"),
        (_doc(_p("one", BREAK, "two")), "one\ntwo"),
        (_doc(_p(), _p("a")), "a"),
        (_doc(_node("heading", "Title", level=2), _p("a")), "Title\na"),
        (_doc(_node("codeBlock", "x = 1\n\n  y")), "x = 1\n\n  y"),
        (_doc(_p("Ask ", {"type": "mention", "attrs": {"id": "1", "text": "@Ann"}}, "!")), "Ask @Ann!"),
        (_doc(_p({"type": "mention", "attrs": {"id": "5b10"}})), "@5b10"),
        (_doc(_p({"type": "emoji", "attrs": {"shortName": ":ok:"}})), ":ok:"),
        (_doc(_p({"type": "date", "attrs": {"timestamp": "1795000000000"}})), "2026-11-18"),
        (_doc(_p({"type": "date", "attrs": {"timestamp": "9" * 400}})), ""),
        (_doc(_p({"type": "inlineCard", "attrs": {"url": "https://a.example/"}})), "https://a.example/"),
        (_doc(_p("a"), {"type": "rule"}, _p("b")), "a\n----\nb"),
        (_doc(_node("expand", _p("inside"), title="More")), "More\ninside"),
        (_doc(_node("bulletList", _node("listItem", _p("a"), _p("b")), _node("listItem", _p("c")))), "- a\n  b\n- c"),
        (_doc(_node("orderedList", _node("listItem", _p("a")), _node("listItem", _p("b")), order=3)), "3. a\n4. b"),
        (
            _doc(_node("bulletList", _node("listItem", _p("a"), _node("bulletList", _node("listItem", _p("b")))))),
            "- a\n  - b",
        ),
        (_doc(_node("bulletList", _node("listItem", _p())), _p("after")), "-\nafter"),
        (_doc(_node("taskList", _node("taskItem", "do", state="TODO"), _node("taskItem", "did", state="DONE"))),
         "- [ ] do\n- [x] did"),
        (_doc(_node("blockquote", _p("a"), _p("b")), _p("c")), "> a\n> b\nc"),
        (_doc(_node("table", _node("tableRow", _node("tableHeader", _p("a")), _node("tableCell", _p("b"), _p("c"))))),
         "a | b c"),
        (_doc(_p({"type": "placeholder", "attrs": {"text": "hint"}}), _p("a\0b")), "a\N{REPLACEMENT CHARACTER}b"),
    ],
)  # fmt: skip
def test_a_document_is_read_line_by_line(document: dict[str, Any], text: str) -> None:
    assert adf_text(document) == text


@pytest.mark.parametrize(
    "document",
    [
        _doc(_p("Please."), _p("[JCA]"), _p("effort=low"), _p("[/JCA]")),
        _doc(_p("Please.", BREAK, "[JCA]", BREAK, "effort=low", BREAK, "[/JCA]")),
        _doc(_node("codeBlock", BLOCK)),
        _doc(_node("panel", _p("[JCA]"), _p("effort=", _text("low") | {"marks": [{"type": "strong"}]}), _p("[/JCA]"))),
        _doc(_node("expand", _node("codeBlock", BLOCK), title="Settings")),
        _doc(_node("layoutSection", _node("layoutColumn", _node("codeBlock", BLOCK)))),
    ],
)
def test_a_block_is_found_wherever_it_is_meant(document: dict[str, Any]) -> None:
    parsed = parse_directives(adf_text(document), flavor="text")

    assert (parsed.status, parsed.directives.effort) == ("ok", "low")


@pytest.mark.parametrize(
    "document",
    [
        _doc(_node("blockquote", _p("[JCA]"), _p("effort=low"), _p("[/JCA]"))),
        _doc(_node("blockquote", _node("codeBlock", BLOCK))),
        _doc(_p({"type": "placeholder", "attrs": {"text": BLOCK}})),
        _doc(_p(_text("click") | {"marks": [{"type": "link", "attrs": {"href": "http://x/", "title": BLOCK}}]})),
    ],
)
def test_a_quoted_or_invisible_block_is_none(document: dict[str, Any]) -> None:
    assert parse_directives(adf_text(document), flavor="text").status == "none"


def test_depth_costs_neither_stack_nor_width() -> None:
    node = _p("deep")
    for _ in range(20_000):
        node = _node("bulletList", _node("listItem", node))

    assert adf_text(_doc(node)).strip() == "- deep"


def test_a_string_is_wiki_markup_and_a_document_is_text() -> None:
    assert visible_body("h1. a\0") == ("h1. a\N{REPLACEMENT CHARACTER}", "jira_wiki")
    assert visible_body(_doc(_p("a"))) == ("a", "text")
    assert visible_body(None) == ("", "text")


KINDS = ["doc", "paragraph", "bulletList", "listItem", "text", "table", "tableRow", "tableCell", "blockquote", "rule"]
NODES = st.recursive(
    st.none() | st.integers() | st.text(max_size=6) | st.fixed_dictionaries({"type": st.sampled_from(KINDS)}),
    lambda inner: st.fixed_dictionaries(
        {"type": st.sampled_from(KINDS) | st.none()},
        optional={
            "content": st.lists(inner, max_size=3) | inner,
            "text": st.text(max_size=6) | inner,
            "attrs": st.dictionaries(st.sampled_from(["text", "order", "state", "title", "url"]), inner) | inner,
        },
    ),
    max_leaves=12,
)


@given(NODES)
def test_any_value_has_a_text(value: object) -> None:
    assert "\0" not in adf_text(value)
