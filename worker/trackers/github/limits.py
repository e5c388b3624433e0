"""How much one credential may still ask: what GitHub said of its limits, kept until it is over. Pure but for the clock.

The rules: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from worker.trackers.limited import RateLimited

AT_LEAST = timedelta(minutes=1)
"""How long to wait after a secondary limit that names no time; it doubles with every further one in a row."""
AT_MOST = timedelta(hours=1)
"""A primary limit lasts an hour at most; no header may keep us away for longer."""

_SIGNS = (b"secondary rate limit", b"abuse detection", b"api rate limit exceeded")


@dataclass
class Limits:
    """The limits of one account: a personal token, or an App's installation."""

    _closed: dict[str, datetime] = field(default_factory=dict)
    """Until when, by resource (`core`, `graphql`); `""` holds for all of them."""
    _in_a_row: int = 0

    def check(self, resource: str, now: datetime) -> None:
        """Let a request pass.

        Raises:
            RateLimited: it is too early.
        """
        until = max((self._closed[name] for name in ("", resource) if name in self._closed), default=now)
        if until > now:
            raise RateLimited(_sentence(until), until=until)

    def learn(self, resource: str, status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Take note of what an answer says.

        Args:
            resource: what the request counted against.
            status: of the answer.
            headers: of the answer, looked up without regard to case.
            body: of the answer.
            now: the present moment.

        Raises:
            RateLimited: the request was refused for a limit.
        """
        spent = headers.get("x-ratelimit-remaining") == "0"
        refused = status in (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS) and (
            status == HTTPStatus.TOO_MANY_REQUESTS
            or spent
            or "retry-after" in headers
            or any(sign in body[:2000].lower() for sign in _SIGNS)
        )
        if spent:
            self._close(resource, _until_reset(headers, now))
        if not refused:
            self._in_a_row = 0 if status < HTTPStatus.BAD_REQUEST else self._in_a_row
            return
        if not spent or "retry-after" in headers:
            self._close("", now + self._pause(headers))
        self.check(resource, now)

    def _close(self, resource: str, until: datetime) -> None:
        self._closed[resource] = max(until, self._closed.get(resource, until))

    def _pause(self, headers: Mapping[str, str]) -> timedelta:
        self._in_a_row += 1
        if (seconds := _whole(headers.get("retry-after"))) is not None:
            return min(timedelta(seconds=max(seconds, 1)), AT_MOST)
        doublings = min(self._in_a_row - 1, 6)
        return min(AT_LEAST * (1 << doublings), AT_MOST)


def _until_reset(headers: Mapping[str, str], now: datetime) -> datetime:
    """When the window ends, by our clock: the header is by GitHub's, which the same answer's date shows."""
    reset = _whole(headers.get("x-ratelimit-reset"))
    if reset is None:
        return now + AT_LEAST
    try:
        theirs = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except ValueError:
        theirs = now.timestamp()
    wait = min(max(reset - theirs, 1), AT_MOST.total_seconds())
    return now + timedelta(seconds=wait)


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 12 else None  # noqa: PLR2004


def _sentence(until: datetime) -> str:
    return f"GitHub's rate limit is reached; it may be asked again at {until.astimezone(UTC):%H:%M:%S} UTC."
