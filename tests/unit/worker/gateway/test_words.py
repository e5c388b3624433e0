"""Numbers read the way people write them."""

from __future__ import annotations

import pytest

from worker.gateway import words


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [
        (None, words.NOTHING),
        (-3, "0.0s"),
        (4.24, "4.2s"),
        (9.97, "9s"),
        (41, "41s"),
        (184, "3m 04s"),
        (3599.9, "59m 59s"),
        (7500, "2h 05m"),
        (273_600, "3d 04h"),
    ],
)
def test_durations_keep_two_units_at_most(seconds: float | None, spelled: str) -> None:
    assert words.duration(seconds) == spelled


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [
        (0, "within a minute"),
        (59, "within a minute"),
        (90, "in about 2 min"),
        (740, "in about 12 min"),
        (7300, "in about 2 h"),
        (200_000, "in about 2 days"),
    ],
)
def test_an_estimate_is_not_more_exact_than_it_can_be(seconds: float, spelled: str) -> None:
    assert words.about(seconds) == spelled


@pytest.mark.parametrize(
    ("usd", "spelled"), [(None, words.NOTHING), (0, "$0.00"), (0.004, "<$0.01"), (1234.5, "$1,234.50")]
)
def test_money_is_never_rounded_to_nothing(usd: float | None, spelled: str) -> None:
    assert words.money(usd) == spelled
