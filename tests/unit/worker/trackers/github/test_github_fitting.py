from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.trackers.github.fitting import fit, one_line

LINES = st.lists(
    st.sampled_from(["```", "~~~~", "```python", "    ", "word word word", "\N{PARTY POPPER}" * 9, "`` ` ``", ""])
    | st.text(max_size=40),
    max_size=40,
)


def units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def open_fence(text: str) -> bool:
    """Whether a reader of CommonMark is inside a fence at the end; simple fences only."""
    fence = ""
    for line in text.split("\n"):
        marks = line.strip(" ")
        if fence:
            fence = "" if set(marks) == {fence[0]} and len(marks) >= len(fence) else fence
        elif marks.startswith(("```", "~~~")):
            length = len(marks) - len(marks.lstrip(marks[0]))
            fence = "" if marks[0] == "`" and "`" in marks[length:] else marks[:length]
    return bool(fence)


@given(LINES.map("\n".join), st.integers(min_value=150, max_value=600))
def test_what_is_fitted_fits(text: str, limit: int) -> None:
    assert units(fit(text, limit)) <= limit


@given(st.text(max_size=150))
def test_what_fits_stays_as_it_is(text: str) -> None:
    assert fit(text, 300) == text


@given(st.lists(st.sampled_from(["```", "~~~~", "```py", "words " * 9, "````"]), min_size=20, max_size=30))
def test_what_is_cut_leaves_no_code_block_open(lines: list[str]) -> None:
    cut = fit("\n".join([*lines, "words " * 90]), 200)

    assert cut.endswith("in full.*\n")
    assert not open_fence(cut)


def test_a_cut_text_says_so_and_begins_as_before() -> None:
    cut = fit("<!-- mark -->\n" + "a line\n" * 100, 200)

    assert cut.startswith("<!-- mark -->\na line\n")
    assert "cut here" in cut


def test_one_endless_line_is_cut_after_a_word() -> None:
    cut = fit("word " * 100, 200)

    assert "cut here" in cut
    assert cut.splitlines()[0].strip().split()[-1] == "word"


def test_a_character_is_never_halved() -> None:
    fit("\N{PARTY POPPER}" * 500, 201).encode()


@given(st.text(max_size=600), st.integers(min_value=5, max_value=256))
def test_a_title_is_one_line_that_fits(text: str, limit: int) -> None:
    title = one_line(text, limit)

    assert units(title) <= limit
    assert len(title.splitlines()) <= 1


@pytest.mark.parametrize(("text", "title"), [("short", "short"), ("a\nb\tc", "a b c"), ("one two three", "one two…")])
def test_titles_are_shortened_after_a_word(text: str, title: str) -> None:
    assert one_line(text, 10) == title
