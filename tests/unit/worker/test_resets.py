"""Whatever way a provider says when it may be asked again, it is understood; what makes no sense is ignored."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.providers import faults, resets

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=90)

SAID = {
    "seconds": ({"retry-after": "90"}, None, 90),
    "a date": ({"retry-after": format_datetime(LATER, usegmt=True)}, None, 90),
    "milliseconds before seconds": ({"retry-after-ms": "1500", "retry-after": "90"}, None, 1.5),
    "a date in the past": ({"retry-after": format_datetime(NOW - timedelta(hours=1), usegmt=True)}, None, 0),
    "a duration": ({"x-ratelimit-reset-requests": "1h6m0.5s"}, None, 3960.5),
    "the reset of what is used up": (
        {
            "x-ratelimit-remaining-requests": "12",
            "x-ratelimit-reset-requests": "2d",
            "x-ratelimit-remaining-tokens": "0",
            "x-ratelimit-reset-tokens": "850ms",
        },
        None,
        0.85,
    ),
    "the latest where nothing is said to be used up": (
        {"x-ratelimit-reset-requests": "12s", "x-ratelimit-reset-tokens": "6m0s"},
        None,
        360,
    ),
    "seconds since the epoch": ({"X-RateLimit-Reset": str(int(LATER.timestamp()))}, None, 90),
    "milliseconds since the epoch": ({"x-ratelimit-reset": str(int(LATER.timestamp() * 1000))}, None, 90),
    "ISO time": ({"anthropic-ratelimit-tokens-reset": "2026-11-21T12:01:30Z"}, None, 90),
    "words": ({}, {"message": "Rate limit reached. Please try again in 7m12.5s. Visit …"}, 432.5),
    "long words": ({}, {"error": {"message": "Quota used up, try again in 3 hours"}}, 10800),
    "a field": ({}, {"error": {"type": "usage_limit_reached", "resets_in_seconds": 5400}}, 5400),
    "a moment in a field": ({}, {"error": {"resets_at": LATER.timestamp()}}, 90),
    "deep inside": ({}, [{"error": {"details": [{"@type": "RetryInfo", "retryDelay": "34s"}]}}], 34),
    "a header inside a body": ({}, {"metadata": {"headers": {"X-RateLimit-Reset": LATER.timestamp() * 1000}}}, 90),
    "nothing": ({"content-type": "application/json"}, {"error": {"message": "Slow down"}}, None),
    "nonsense": ({"retry-after": "soon", "x-ratelimit-reset": "nan"}, {"retry_after": True}, None),
    "endless": ({"retry-after": "inf"}, {"resets_at": 1e400}, None),
}


@pytest.mark.parametrize(("headers", "body", "seconds"), SAID.values(), ids=list(SAID))
def test_every_usual_way_is_understood(headers: dict[str, str], body: object, seconds: float | None) -> None:
    assert resets.seconds_until(headers, body, NOW) == (None if seconds is None else pytest.approx(seconds))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=40),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["retry_after", "resets_at", "message", "x"]), inner, max_size=3)
    ),
)
NAMES = st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-reset", "x-ratelimit-remaining"])


@given(headers=st.dictionaries(NAMES, st.text(max_size=40)), body=JSON)
def test_nothing_that_is_said_breaks_it_or_parks_for_longer_than_a_week(headers: dict[str, str], body: object) -> None:
    said = resets.seconds_until(headers, body, NOW)

    assert faults.SHORTEST <= faults.limited_for(said) <= faults.LONGEST
