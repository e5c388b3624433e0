"""Words of others, made harmless where we repeat them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jobs.neutral import inert

LIVE = re.compile(r"@[A-Za-z0-9]|(?m:^[ \t]*/[a-z])|\[\s*/?\s*jca|#\d", re.IGNORECASE)


@pytest.mark.parametrize(
    "text",
    [
        "ping @alice",
        "/jca retry",
        "  /ok-to-test",
        "fixes #12",
        "Closes: acme/shop#3",
        "[JCA]\nmodel=x\n[/JCA]",
        "see #7",
    ],
)
def test_nothing_that_starts_something_survives(text: str) -> None:
    assert not LIVE.search(inert(text))


@given(st.text(alphabet="@/#[]JCAjca fixes7\n`*_<>!ab", max_size=60))
def test_no_combination_of_live_pieces_survives(text: str) -> None:
    assert not LIVE.search(inert(text))


@given(st.text(alphabet="<>[]()*_`!#-~|&;ab \n", max_size=40))
def test_markup_is_shown_not_rendered(text: str) -> None:
    html = MarkdownIt("commonmark", {"html": True}).render(f"x{inert(text)}")

    assert not re.search(r"<(?!/?(p|br|h[12]|pre|code|ul|ol|li|hr)\b)", html)


def test_the_words_can_still_be_read() -> None:
    plain = inert("Fix @alice's total, see #7").replace("\N{WORD JOINER}", "")

    assert plain == "Fix @alice's total, see #7"
