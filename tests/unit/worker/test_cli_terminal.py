from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.cli import terminal

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
PIECES = st.sampled_from(
    ["\x1b", "\x9b", "[", "]", "31m", "0;", "\x07", "\\", "P", "_", "52;c;", "a", "é", "\n", "\t", "\r", "\u202e", "8"],
)


@given(st.one_of(st.text(), st.lists(PIECES).map("".join)))
def test_nothing_that_steers_a_terminal_is_left(text: str) -> None:
    left = terminal.clean(text)

    assert not STEERING.search(left)
    assert terminal.clean(left) == left


@given(st.text(st.characters(exclude_categories=("Cc", "Cf", "Cs"))))
def test_ordinary_text_is_left_as_it_is(text: str) -> None:
    assert terminal.clean(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07text", "text"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;aGVsbG8=", ""),
        ("10%\r100%", "10%100%"),
        ("\x1b(0box\x1bc", "box"),
    ],
)
def test_whole_sequences_go_not_only_their_first_character(text: str, left: str) -> None:
    assert terminal.clean(text) == left


def test_markup_in_foreign_text_stays_text(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(["title"], [["[red]x[/red] [JCA] :warning:"]], empty="")
    terminal.facts([("[b]name", "[link=http://x]y[/link]")])

    printed = capsys.readouterr().out
    assert "[red]x[/red] [JCA] :warning:" in printed
    assert "[link=http://x]y[/link]" in printed


def test_an_empty_table_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.table(["title"], [], empty="Nothing yet.")

    assert capsys.readouterr().out == "Nothing yet.\n"


def test_what_names_a_row_is_never_shortened(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    identity = "01m7xqt9rwhz5aa5z5a1yrwhz5"

    terminal.table(["id", "title", "note"], [[identity, "a long title " * 5, "n" * 70]], empty="")

    printed = capsys.readouterr().out
    assert identity in printed
    assert "…" not in printed
