"""How much we may still ask: what Jira said of its limits. Pure.

Cloud: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/. Data Center:
https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from worker.trackers.limited import RateLimited

AT_LEAST = timedelta(minutes=1)
"""How long to wait after a limit that names no time; it doubles with every further one in a row."""
AT_MOST = timedelta(hours=1)
"""No header keeps us away for longer."""

NARROW = {"jira-burst-based", "jira-per-issue-on-write"}
"""Limits of one endpoint or one issue; the rest of Jira may still be asked."""

_SECONDS = re.compile(r"[0-9]{1,9}", re.ASCII)


class Limits:
    """The limits of one account."""

    def __init__(self) -> None:
        self._closed_until: datetime | None = None
        self._in_a_row = 0

    def check(self, now: datetime) -> None:
        """Let a request pass.

        Raises:
            RateLimited: it is too early.
        """
        if self._closed_until and self._closed_until > now:
            raise _limited(self._closed_until, "")

    def passed(self) -> None:
        """A request was answered."""
        self._in_a_row = 0

    def refused(self, headers: Mapping[str, str], now: datetime) -> RateLimited:
        """Take note of an answer 429; headers are looked up without regard to case."""
        self._in_a_row += 1
        until = now + self._pause(headers, now)
        reason = headers.get("ratelimit-reason", "")
        if reason not in NARROW:
            self._closed_until = until
        return _limited(until, reason)

    def _pause(self, headers: Mapping[str, str], now: datetime) -> timedelta:
        named = _seconds(headers.get("retry-after", ""))
        if named is None:
            named = _until_reset(headers.get("x-ratelimit-reset", ""), now)
        if named is None:
            named = AT_LEAST * 2 ** min(self._in_a_row - 1, 6)
        return min(max(named, timedelta(seconds=1)), AT_MOST)


def _seconds(text: str) -> timedelta | None:
    return timedelta(seconds=int(text)) if _SECONDS.fullmatch(text) else None


def _until_reset(text: str, now: datetime) -> timedelta | None:
    """Until a moment in ISO 8601: `2026-11-20T09:00Z`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment - now if moment.tzinfo else None


def _limited(until: datetime, reason: str) -> RateLimited:
    which = f" ({reason})" if reason in NARROW else ""
    message = f"Jira's rate limit is reached{which}; it may be asked again at {until.astimezone(UTC):%H:%M:%S} UTC."
    return RateLimited(message, until=until)
