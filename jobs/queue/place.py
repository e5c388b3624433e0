"""Where a dispatch is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Place:
    """Where a dispatch is."""

    state: Literal["queued", "delayed", "running", "gone"]
    """`delayed`: it waits for a moment, and then for its turn."""
    position: int
    """Among everything that waits for the same account, counted from 1; 0 when it does not wait for its turn."""
    account: str
    """Empty when it is gone."""


GONE = Place("gone", 0, "")
