"""Numbers and moments as people read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

NOTHING = "\N{EN DASH}"

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400  # seconds
_WITH_TENTHS = 10  # seconds; shorter durations show tenths


def duration(seconds: float | None) -> str:
    """`4.2s`, `41s`, `3m 04s`, `2h 05m`, `3d 04h`."""
    if seconds is None:
        return NOTHING
    seconds = max(0.0, seconds)
    whole = int(seconds)
    if round(seconds, 1) < _WITH_TENTHS:
        return f"{seconds:.1f}s"
    if whole < _MINUTE:
        return f"{whole}s"
    if whole < _HOUR:
        return f"{whole // _MINUTE}m {whole % _MINUTE:02}s"
    if whole < _DAY:
        return f"{whole // _HOUR}h {whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _DAY}d {whole % _DAY // _HOUR:02}h"


def number(count: int) -> str:
    """`48,210`; a dash for none."""
    return f"{count:,}" if count else NOTHING


def money(usd: float | None) -> str:
    """`$0.41`; a dash when no price is known."""
    if usd is None:
        return NOTHING
    return f"${usd:,.2f}" if usd >= 0.01 or not usd else "<$0.01"  # noqa: PLR2004 - a cent


def plural(count: int, noun: str) -> str:
    """`1 job`, `2 jobs`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def clock(moment: datetime) -> str:
    """`14:03` of the day, in UTC."""
    return f"{moment.astimezone(UTC):%H:%M}"


def upcoming(end: datetime, moment: datetime) -> str:
    """`14:03 UTC` where that is today, `22 Nov 00:00 UTC` otherwise."""
    end = end.astimezone(UTC)
    day = "" if end.date() == moment.astimezone(UTC).date() else f"{end.day} {end:%b} "
    return f"{day}{end:%H:%M} UTC"


def about(seconds: float) -> str:
    """`within a minute`, `in about 12 min`, `in about 3 h`, `in about 2 days`: no estimate is more exact."""
    if seconds < _MINUTE:
        return "within a minute"
    if seconds < 2 * _HOUR:
        return f"in about {round(seconds / _MINUTE)} min"
    if seconds < 2 * _DAY:
        return f"in about {round(seconds / _HOUR)} h"
    return f"in about {round(seconds / _DAY)} days"


def full(moment: datetime) -> str:
    """`2026-11-20 14:03:22 UTC`, for tooltips and tables."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
