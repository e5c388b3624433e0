"""Terminal output becomes escaped text in our own spans, whatever it contains."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from worker.gateway import ansi

HOSTILE = st.lists(
    st.one_of(
        st.sampled_from(
            ["\x1b[", "\x1b]", "\x1b]8;;", "31m", "38;5;", "0m", "\x07", "\x1b\\", "\r", "\n", "<", ">", "&"]
        ),
        st.sampled_from(["<script>", '"', "'", "\x9b", "\x9d", "\x1b", ";", "999999999m", "\u202e", "</span>"]),
        st.text(max_size=8),
    ),
    max_size=40,
).map("".join)

OWN_TAG = re.compile(r'<span class="a\d{1,2}(?: a\d{1,2})*">|</span>')
FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


@given(HOSTILE)
def test_nothing_but_our_own_spans_is_markup(text: str) -> None:
    rendered = str(ansi.render(text))

    rest = OWN_TAG.sub("", rendered)
    assert "<" not in rest
    assert ">" not in rest
    assert '"' not in rest
    assert rendered.count("<span") == rendered.count("</span>")


@given(HOSTILE)
def test_no_control_character_reaches_the_page(text: str) -> None:
    assert not FORBIDDEN.search(str(ansi.render(text)))
    assert not FORBIDDEN.search(ansi.plain(text))


def test_colours_become_classes_and_end_with_their_reset() -> None:
    assert str(ansi.render("a \x1b[1;31mFAILED\x1b[0m b")) == 'a <span class="a1 a31">FAILED</span> b'
    assert str(ansi.render("\x1b[92mok\x1b[39m.")) == '<span class="a32">ok</span>.'
    assert str(ansi.render("\x1b[1mbold\x1b[m.")) == '<span class="a1">bold</span>.'


def test_colours_beyond_the_sixteen_are_left_out_without_eating_what_follows() -> None:
    assert str(ansi.render("\x1b[38;5;196;1mx")) == '<span class="a1">x</span>'
    assert str(ansi.render("\x1b[48;2;1;2;3;32mx")) == '<span class="a32">x</span>'
    assert str(ansi.render("\x1b[38:5:1mx")) == "x"


def test_links_titles_and_clipboard_writes_disappear() -> None:
    assert ansi.plain("\x1b]8;;http://evil.example\x07click\x1b]8;;\x07") == "click"
    assert ansi.plain("\x1b]0;title\x1b\\text") == "text"
    assert ansi.plain("\x1b]52;c;cm0gLXJm\x07text") == "text"


def test_an_unfinished_sequence_hides_at_most_its_own_line() -> None:
    assert ansi.plain("\x1b]0;never ends\nnext line") == "\nnext line"


def test_a_progress_bar_shows_its_last_state() -> None:
    assert ansi.plain("10%\r50%\r100%\r\ndone") == "100%\ndone"
