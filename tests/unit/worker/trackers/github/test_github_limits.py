from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.trackers.github.limits import AT_MOST, Limits
from worker.trackers.limited import RateLimited

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECONDARY = b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}'


def refused(limits: Limits, status: int, headers: dict[str, str], body: bytes = b"{}") -> timedelta:
    """How long we are told to stay away."""
    with pytest.raises(RateLimited) as limited:
        limits.learn("core", status, httpx.Headers(headers, encoding="utf-8"), body, NOW)
    return limited.value.until - NOW


@pytest.mark.parametrize(
    ("status", "headers", "body", "seconds"),
    [
        (403, {"Retry-After": "30"}, b"{}", 30),
        (429, {"Retry-After": "30"}, b"{}", 30),
        (429, {}, b"{}", 60),
        (403, {}, SECONDARY, 60),
        (403, {}, b'{"message": "You have triggered an abuse detection mechanism."}', 60),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{int(NOW.timestamp()) + 600}"}, b"{}", 600),
        (403, {"X-RateLimit-Remaining": "0"}, b"{}", 60),
    ],
)
def test_each_sign_of_a_limit_says_how_long(status: int, headers: dict[str, str], body: bytes, seconds: int) -> None:
    assert refused(Limits(), status, headers, body) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("status", "headers"), [(200, {}), (403, {"X-RateLimit-Remaining": "9"}), (404, {}), (422, {}), (500, {})]
)
def test_other_answers_are_no_limit(status: int, headers: dict[str, str]) -> None:
    limits = Limits()

    limits.learn("core", status, httpx.Headers(headers), b'{"message": "Resource not accessible"}', NOW)

    limits.check("core", NOW)


def test_a_limit_that_names_no_time_doubles_until_something_goes_well() -> None:
    limits = Limits()
    waits = [refused(limits, 403, {}, SECONDARY).total_seconds() for _ in range(3)]
    limits.learn("core", 200, httpx.Headers(), b"", NOW)

    assert waits == [60, 120, 240]
    assert refused(Limits(), 403, {}, SECONDARY).total_seconds() == 60


def test_the_end_of_the_hour_is_by_githubs_clock() -> None:
    theirs = NOW + timedelta(minutes=10)
    headers = {
        "Date": format_datetime(theirs, usegmt=True),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": f"{int(theirs.timestamp()) + 90}",
    }

    assert refused(Limits(), 403, headers) == timedelta(seconds=90)


def test_a_used_up_resource_leaves_the_others_open() -> None:
    limits = Limits()
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": f"{int(NOW.timestamp()) + 600}"}

    limits.learn("graphql", 200, httpx.Headers(headers), b"", NOW)

    limits.check("core", NOW)
    with pytest.raises(RateLimited):
        limits.check("graphql", NOW)
    limits.check("graphql", NOW + timedelta(seconds=600))


def test_a_secondary_limit_holds_for_everything() -> None:
    limits = Limits()
    refused(limits, 403, {"Retry-After": "30"})

    with pytest.raises(RateLimited, match="12:00:30 UTC"):
        limits.check("graphql", NOW)
    limits.check("graphql", NOW + timedelta(seconds=30))


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_header_keeps_us_away_for_longer_than_an_hour(retry: str, reset: str, date: str) -> None:
    headers = {"retry-after": retry, "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset, "date": date}
    with pytest.raises(RateLimited) as limited:
        Limits().learn("core", 403, headers, b"", NOW)

    assert timedelta(0) < limited.value.until - NOW <= AT_MOST


@pytest.mark.parametrize("number", ["99999999999", "-5", "1e9", "\N{ARABIC-INDIC DIGIT FIVE}", "9" * 5000])
def test_numbers_that_are_none_or_absurd_are_bounded(number: str) -> None:
    assert timedelta(0) < refused(Limits(), 429, {"retry-after": number}) <= AT_MOST
