from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.commands import VERBS, Asked, read_command
from jobs.ticket import Flavor


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("/jca retry", Asked(verb="retry")),
        ("  /JCA Cancel \r\n", Asked(verb="cancel")),
        ("\\/jca explain", Asked(verb="explain")),
        ("Looks wrong to me.\n\n/jca retry please", Asked(verb="retry", words="please")),
        ("/jca autofix ON", Asked(verb="autofix", words="on")),
        ("/jca continue", Asked(verb="continue")),
        ("/jca continue round up\r\nand add a test", Asked(verb="continue", words="round up\nand add a test")),
        ("/jca continue as said:\n/jca is slow", Asked(verb="continue", words="as said:\n/jca is slow")),
        ("> what it said\n\n/jca retry", Asked(verb="retry")),
        ("<!-- note -->\n/jca retry", Asked(verb="retry")),
    ],
)
def test_a_command_begins_a_line_of_the_authors_own(text: str, asked: Asked) -> None:
    assert read_command(text).asked == asked


@pytest.mark.parametrize("beginning", ["MergeLoom - ", "MergeLoom: ", "mergeloom -> ", "\n MergeLoom:\n"])
def test_a_comment_that_continues_in_the_form_of_mergeloom_is_understood(beginning: str) -> None:
    read = read_command(f"{beginning}round up\nand add a test")

    assert read.asked == Asked(verb="continue", words="round up\nand add a test")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "please /jca retry",
        "/jcat retry",
        "> /jca retry",
        "```\n/jca retry\n```",
        "    ```\n/jcaretry",
        "<!-- /jca retry -->",
        "<!--\n/jca retry\n-->",
        "    /jca retry",
        "Thanks.\nMergeLoom: round up",
        "MergeLoom-like tools do this",
        "MergeLoom is another product",
    ],
)
def test_anything_else_is_an_ordinary_comment(text: str) -> None:
    read = read_command(text)

    assert (read.asked, read.error) == (None, None)


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [("/jca retri", "retry"), ("/jca rety @everybody", "retry"), ("/jca auto-fix on", "autofix")],
)
def test_a_misspelt_command_is_unclear_and_names_the_nearest(text: str, suggestion: str) -> None:
    read = read_command(f"Hm.\n{text}")

    known = "retry, cancel, continue, explain and autofix"
    told = f"There is no such command; /jca takes {known}. Did you mean /jca {suggestion}?"
    assert (read.asked, read.error) == (Asked(verb="unclear", words=told), None)


@pytest.mark.parametrize("text", ["/jca", "/jca xyzzy", "/jca unclear"])
def test_what_is_like_no_command_is_an_error(text: str) -> None:
    read = read_command(f"Hm.\n{text}")

    assert read.asked is None
    assert read.error
    assert (read.error.code, read.error.line) == ("unknown_command", 2)


def test_autofix_needs_to_know_which_way() -> None:
    assert read_command("/jca autofix maybe").asked == Asked(verb="unclear", words="/jca autofix takes on or off.")


def test_only_the_first_command_counts_and_others_are_named() -> None:
    read = read_command("/jca cancel\n/jca retry\n> /jca explain")

    assert read.asked == Asked(verb="cancel")
    assert [(warning.code, warning.line) for warning in read.warnings] == [("extra_command_ignored", 2)]


def test_in_jira_a_quote_does_not_command() -> None:
    assert read_command("{quote}\n/jca retry\n{quote}\nbq. /jca retry", "jira_wiki").asked is None
    assert read_command("{quote}\nwhat it said\n{quote}\n/jca retry", "jira_wiki").asked == Asked(verb="retry")


PIECES = [
    "/jca",
    " ",
    "\t",
    "retry",
    "continue",
    "autofix",
    "on",
    "MergeLoom",
    ":",
    "->",
    "\n",
    "\r",
    ">",
    "```",
    "<!--",
    "-->",
    "{quote}",
    "\\",
    "x",
    "\u200b",
]


@given(
    text=st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=30).map("".join),
    flavor=st.sampled_from(["markdown", "jira_wiki", "text"]),
)
def test_any_text_is_read_without_an_error(text: str, flavor: Flavor) -> None:
    read = read_command(text, flavor)

    assert not (read.asked and read.error)
    if read.asked:
        assert read.asked.verb in {*VERBS, "unclear"}
        assert len(read.asked.words) <= 8 * 1024
