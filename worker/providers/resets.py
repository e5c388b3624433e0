"""When a provider that limits us may be asked again, from what it says about it. Pure: performs no I/O.

Said as `Retry-After` (https://httpwg.org/specs/rfc9110.html#field.retry-after), in a family of headers nobody
standardised (`x-ratelimit-reset-requests: 6m0s`, https://platform.openai.com/docs/guides/rate-limits), or in the body.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DEEPEST = 6  # levels of a body that are looked at
_EPOCH = (
    1e9  # a number above is a moment in seconds, as no wait lasts thirty years; a thousand times more: milliseconds
)
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = r"(?:\d+(?:\.\d+)?\s?(?:ms|[smhd])[a-z]{0,7}\s?)+"
_PART = re.compile(r"(\d+(?:\.\d+)?)\s?(ms|[smhd])")
_AGAIN_IN = re.compile(rf"(?:try again|retry) (?:in|after) ({_DURATION})")
_FIELDS = frozenset(
    {"retry_after", "retryafter", "retrydelay", "resets_at", "reset_at", "resets_in_seconds", "x-ratelimit-reset"}
)


def seconds_until(headers: Mapping[str, str], body: object, moment: datetime) -> float | None:
    """Seconds from `moment` until the provider may be asked again; None where it says nothing usable.

    Args:
        headers: of the answer, names in lower case or looked up without regard to case.
        body: of the answer, parsed JSON.
        moment: now.
    """
    asked = retry_after(headers, moment)
    return next((said for said in (asked, _in_body(body, moment), _reset(headers, moment)) if said is not None), None)


def retry_after(headers: Mapping[str, str], moment: datetime) -> float | None:
    """Seconds, from `retry-after-ms` or `Retry-After`; None where nothing usable is said."""
    milliseconds = _seconds(f"{headers.get('retry-after-ms', '')}ms", moment)
    return milliseconds if milliseconds is not None else _seconds(headers.get("retry-after"), moment)


def _reset(headers: Mapping[str, str], moment: datetime) -> float | None:
    """The reset of what is used up; where nothing is said to be, the latest."""
    waits, used_up = [], []
    for name, value in headers.items():
        said = _seconds(value, moment) if "ratelimit" in name.lower() and "reset" in name.lower() else None
        if said is None:
            continue
        waits.append(said)
        if headers.get(re.sub("(?i)reset", "remaining", name), "").strip() == "0":
            used_up.append(said)
    return max(used_up or waits, default=None)


def _in_body(body: object, moment: datetime) -> float | None:
    for name, value in _fields(body, _DEEPEST):
        if name.lower() in _FIELDS:
            said = _seconds(value, moment)
        elif isinstance(value, str) and (words := _AGAIN_IN.search(value[:2_000].lower())):
            said = _seconds(words[1], moment)
        else:
            continue
        if said is not None:
            return said
    return None


def _fields(body: object, levels: int) -> Iterator[tuple[str, object]]:
    """Every named value of a body, the outer ones first."""
    named = body.items() if isinstance(body, dict) else [("", item) for item in body] if isinstance(body, list) else []
    if levels:
        yield from ((str(name), value) for name, value in named)
        for _, value in named:
            yield from _fields(value, levels - 1)


def _seconds(value: object, moment: datetime) -> float | None:
    """A number of seconds, a moment since the epoch, a duration such as `6m0s`, or a date; never below 0."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    said: float | None = None
    if isinstance(value, str) and re.fullmatch(_DURATION, value):
        said = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    else:
        with suppress(ValueError, OverflowError):
            said = float(value)
            if said > _EPOCH:
                said = said / (1000 if said > _EPOCH * 100 else 1) - moment.timestamp()
    if said is None and isinstance(value, str):
        said = _until_date(value, moment)
    return max(0.0, said) if said is not None and math.isfinite(said) else None


def _until_date(text: str, moment: datetime) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, TypeError, OverflowError, IndexError):
            date = read(text)
            return ((date if date.tzinfo else date.replace(tzinfo=UTC)) - moment).total_seconds()
    return None
