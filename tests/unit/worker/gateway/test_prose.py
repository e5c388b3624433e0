"""A report is Markdown from strangers: no HTML of its own, no links but http(s)."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.gateway import prose

ALLOWED = {
    *("a", "p", "h3", "h4", "h5", "h6", "em", "strong", "code", "pre", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
PIECES = [
    "<script>",
    "[x](javascript:alert(1))",
    "![x](http://e.x/p.png)",
    "<img src=x onerror=y>",
    "**",
    "`",
    "# ",
    "\n",
]
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=10)), max_size=30).map("".join)


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def tags(text: str) -> list[tuple[str, dict[str, str | None]]]:
    seen = Seen()
    seen.feed(str(prose.render(text)))
    return seen.tags


@given(HOSTILE)
def test_only_plain_elements_and_safe_links_come_out(text: str) -> None:
    for tag, attributes in tags(text):
        assert tag in ALLOWED
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        if tag == "a":
            assert re.match(r"https?://", attributes["href"] or "")
            assert attributes["rel"] == "noopener noreferrer"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//evil.example", "/local", "vbscript:x"])
def test_other_links_stay_text(url: str) -> None:
    assert "<a" not in str(prose.render(f"[text]({url})"))


def test_headings_begin_below_those_of_the_page() -> None:
    assert str(prose.render("# One\n\n## Two")) == "<h3>One</h3>\n<h4>Two</h4>\n"


def test_an_aligned_column_needs_no_inline_style() -> None:
    html = prose.render("| a | b |\n|---|---:|\n| x | 1 |")

    assert "style" not in html
    assert '<th scope="col" class="num">' in html
    assert '<td class="num">' in html
