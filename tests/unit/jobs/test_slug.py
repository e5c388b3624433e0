"""Branch names made from ticket text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.repository import Repository
from jobs.slug import LONGEST, branch_name


@pytest.mark.parametrize(
    ("key", "title", "branch"),
    [
        ("PAY-412", "Round totals to cents", "jca/pay-412-round-totals-to-cents"),
        ("acme/payments#7", "Größe: naïve (v1.2)!", "jca/acme-payments-7-groe-naive-v1-2"),
        ("PAY-1", "x.lock", "jca/pay-1-x-lock"),
        ("PAY-1", "../../etc; rm -rf ~ && `id` @{1}", "jca/pay-1-etc-rm-rf-id-1"),
        ("PAY-1", "日本語だけ", "jca/pay-1"),
        (
            "PAY-1",
            "one two three four five six seven eight nine ten eleven",
            "jca/pay-1-one-two-three-four-five-six-seven-eight-nine-ten",
        ),
        ("PAY-1", "", "jca/pay-1"),
    ],
)
def test_a_branch_says_which_ticket_and_what_about(key: str, title: str, branch: str) -> None:
    assert branch_name(key, title) == branch


def test_a_long_first_word_is_cut_rather_than_lost() -> None:
    assert branch_name("PAY-1", "a" * 100) == "jca/pay-1-" + "a" * (LONGEST - len("jca/pay-1-"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a-very-long-organisation/a-very-long-repository#12", "a-very-long-organisation/a-very-long-repository#13"),
        ("日本-7", "中国-7"),
        ("", "#"),
    ],
)
def test_keys_that_would_lose_their_difference_keep_it(one: str, other: str) -> None:
    assert branch_name(one, "same title") != branch_name(other, "same title")


@given(st.text(st.characters(), max_size=80), st.text(st.characters(), max_size=300))
def test_no_ticket_makes_a_branch_git_would_refuse(key: str, title: str) -> None:
    name = branch_name(key, title)

    assert re.fullmatch(r"jca/[a-z0-9]+(-[a-z0-9]+)*", name)
    assert len(name) <= LONGEST
    assert not name.endswith(".lock")
    assert Repository(alias="a", url="/a", default_branch=name).default_branch == name
