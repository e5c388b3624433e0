from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import actors, errors


@pytest.mark.parametrize(
    ("header", "actor", "named"),
    [
        (None, "api", "api"),
        ("cli:alice", "cli:alice", "alice"),
        ("deploy-bot", "api:deploy-bot", "deploy-bot"),
        ("browser", "api:browser", "browser"),
    ],
)
def test_a_program_says_for_whom_it_acts(header: str | None, actor: str, named: str) -> None:
    assert actors.claimed(header) == actor
    assert actors.named(actor) == named


@pytest.mark.parametrize("header", ["", "cli:", "triage:me", "a b", "x" * 65, "cli:cli:me", "é", "-o", "a\x1b[2J"])
def test_what_is_no_name_is_refused(header: str) -> None:
    with pytest.raises(errors.BadInput, match="JCA-Actor"):
        actors.claimed(header)


@pytest.mark.parametrize(
    ("actor", "claim"), [("cli:alice", True), ("api:bot", True), ("api", False), ("browser", False)]
)
def test_what_a_program_says_of_itself_is_marked(actor: str, *, claim: bool) -> None:
    assert actors.is_claim(actor) is claim


def test_the_dashboard_is_named_as_such() -> None:
    assert actors.named(actors.BROWSER) == "the dashboard"


@given(st.text())
def test_every_user_name_makes_a_header_that_is_taken(user: str) -> None:
    header = actors.of_command_line(user)

    assert not header or actors.claimed(header) == header


@given(st.text())
def test_nothing_a_program_says_makes_it_one_of_our_own_parts(header: str) -> None:
    try:
        actor = actors.claimed(header)
    except errors.BadInput:
        return
    assert actors.is_claim(actor)
