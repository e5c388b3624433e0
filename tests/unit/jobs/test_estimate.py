"""When a waiting job will probably start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.estimate import start_in

SECONDS = st.integers(0, 10_000).map(float)


@pytest.mark.parametrize(
    ("position", "elapsed", "slots", "expected"),
    [
        (1, [], 1, 0.0),
        (2, [], 1, 100.0),
        (1, [40.0], 1, 60.0),
        (3, [40.0], 1, 260.0),
        (1, [40.0, 90.0], 2, 10.0),
        (2, [40.0, 90.0], 2, 60.0),
        (1, [40.0], 2, 0.0),
        (1, [500.0], 1, 0.0),
    ],
    ids=["free", "behind one", "one runs", "line and run", "soonest of two", "other of two", "one is free", "overdue"],
)
def test_it_counts_what_runs_and_what_waits_ahead(
    position: int, elapsed: list[float], slots: int, expected: float
) -> None:
    assert start_in(position, [90.0, 100.0, 5000.0], elapsed, slots) == expected


def test_nothing_is_said_without_history_or_without_a_worker() -> None:
    assert start_in(1, [], [], 1) is None
    assert start_in(1, [60.0], [], 0) is None


@given(st.integers(1, 500), st.lists(SECONDS, min_size=1), st.lists(SECONDS), st.integers(1, 20))
def test_who_stands_further_back_never_starts_earlier(
    position: int, durations: list[float], elapsed: list[float], slots: int
) -> None:
    before, after = (start_in(place, durations, elapsed, slots) for place in (position, position + 1))
    assert before is not None
    assert after is not None
    assert 0 <= before <= after
