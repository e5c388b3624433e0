"""Identifiers that sort by the moment they were made."""

from __future__ import annotations

from ulid import ULID


def new_id() -> str:
    """A ULID in lower case: 26 letters and digits, sorted by time of arrival."""
    return str(ULID()).lower()
