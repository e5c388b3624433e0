"""Moments as numbers, exactly as they were: the scripts compare them with the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MILLISECOND = timedelta(milliseconds=1)


def to_us(moment: datetime) -> int:
    """Microseconds since 1970 of an aware moment."""
    return (moment - EPOCH) // MICROSECOND


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware moment."""
    return (moment - EPOCH) // MILLISECOND


def from_us(microseconds: int) -> datetime:
    """The moment that many microseconds after 1970, in UTC."""
    return EPOCH + microseconds * MICROSECOND
