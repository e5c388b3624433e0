"""The nearest valid word."""

from __future__ import annotations

import pytest

from jobs.nearest import listed, nearest


@pytest.mark.parametrize(
    ("word", "expected"), [("provder", "provider"), ("MODLE", "model"), ("zzz", ""), ("", ""), ("m" * 100_000, "")]
)
def test_a_near_word_is_found_and_a_far_one_is_not(word: str, expected: str) -> None:
    assert nearest(word, ["provider", "model", "base"]) == expected


def test_the_word_comes_back_as_it_is_spelled() -> None:
    assert nearest("sonet", ["Sonnet"]) == "Sonnet"


@pytest.mark.parametrize(
    ("words", "text"), [([], "nothing"), (["a"], "a"), (["a", "b"], "a and b"), ("abc", "a, b and c")]
)
def test_words_are_listed_as_a_person_lists_them(words: list[str], text: str) -> None:
    assert listed(words) == text
