"""Our Markdown as Jira takes it: valid documents, wiki markup that starts nothing, both within the limit."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.adf import adf_text
from tests.fakes.jira import documents
from worker.trackers.jira import adf, wiki
from worker.trackers.jira.markdown import LONGEST, pieces, shorten

PIECES = ["- ", "1. ", "> ", "# ", "```\n", "| a | b |\n|---|---|\n", "**", "`", "~~", "[x](http://a.b)", "\n", "\n\n"]
PIECES += ["    ", "---\n", "{code}", "[~bob]", "@bob", "!x!", "https://a.b/c-d.", "|", "\\", "[JCA]", "h1. ", "\0"]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=30).map("".join)


@given(HOSTILE)
def test_every_document_is_valid(text: str) -> None:
    document = adf.document(text, "JCA job 01j")

    assert documents.problem(document) == ""
    assert adf_text(document).splitlines()[-1] == "JCA job 01j"


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("### Done\n\nAll *good*.", "Done\nAll good."),
        ("- a\n- b\n  1. c", "- a\n- b\n  1. c"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("> quoted\n> > twice", "> quoted\n> twice"),
        ("```py\nx = 1\n```", "x = 1"),
        ("| a | b |\n|---|--:|\n| `1` | 2 |", "a | b\n1 | 2"),
        ("- | a |\n  |---|\n  | 1 |", "- a\n  1"),
        ("a  \nb\nc", "a\nb c"),
        ("<b>x</b> <!-- y -->", "<b>x</b> <!-- y -->"),
        ("", ""),
    ],
)
def test_a_document_shows_what_the_markdown_says(markdown: str, shown: str) -> None:
    assert adf_text(adf.document(markdown)) == shown


def test_links_lead_only_to_the_web_and_bare_addresses_are_links() -> None:
    paragraph = adf.document("[a](javascript:alert) see https://x.example/p/1.")["content"][0]["content"]

    assert [node.get("marks") for node in paragraph] == [
        None,
        [{"type": "link", "attrs": {"href": "https://x.example/p/1"}}],
        None,
    ]


def test_a_mention_never_comes_alive_in_a_document() -> None:
    assert "mention" not in str(adf.document("[~accountid:5b10] @bob"))


@pytest.mark.parametrize(
    ("markdown", "markup"),
    [
        ("### Done", "h3. Done"),
        ("**b** *i* ~~s~~ `c`", "{*}b{*} {_}i{_} -s- {{c}}"),
        ("- a\n- b\n  1. c\n\nafter", "* a\n* b\n*# c\n\nafter"),
        ("> q", "{quote}\nq\n\n{quote}"),
        ("```\nx {noformat} y\n```", "{noformat}\nx {\N{WORD JOINER}noformat} y\n{noformat}"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "||a||b||\n|1|2|"),
        ("[t](https://a.b/?x=|)", "[t|https://a.b/?x=%7C]"),
        ("see https://a.b/c-d.", "see [https://a.b/c-d]."),
        ("{code} [~bob] !i.png! a_b", "\\{code\\} \\[\\~bob\\] \\!i.png\\! a\\_b"),
    ],
)
def test_markdown_becomes_wiki_markup(markdown: str, markup: str) -> None:
    assert wiki.markup(markdown) == markup


@given(HOSTILE)
def test_words_start_no_macro_mention_or_image(text: str) -> None:
    plain = re.sub(r"\{noformat\}\n.*?\{noformat\}", "", wiki.markup(text, "JCA job 01j"), flags=re.DOTALL)
    bare = re.sub(r"\\\\ |\\.", "", plain, flags=re.DOTALL)

    assert not re.search(r"\[~|!", bare)
    assert set(re.findall(r"\{[^{}]*\}", re.sub(r"\{\{|\}\}", "", bare))) <= {"{quote}", "{*}", "{_}"}
    assert wiki.markup(text, "JCA job 01j").splitlines()[-1] == "JCA job 01j"


@given(st.text(max_size=80) | HOSTILE)
def test_nothing_is_lost_when_addresses_are_split_off(text: str) -> None:
    assert "".join(piece.text for piece in pieces(text)) == text


@pytest.mark.parametrize("size", [adf.size, wiki.size])
def test_a_long_report_is_cut_at_a_lines_end(size: object) -> None:
    lines = [f"line {number} **bold**" for number in range(4000)]

    body, note, last = shorten("\n".join(lines), size, "the end")  # type: ignore[arg-type]

    assert size((body, note, last)) <= LONGEST  # type: ignore[operator]
    assert body.splitlines() == lines[: body.count("\n") + 1]
    assert len(body) > 5000


def test_a_short_report_is_left_alone() -> None:
    assert shorten("short", adf.size, "the end") == ("short", "the end")
