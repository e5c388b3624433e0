"""How much the receiver takes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Of size, time and number."""

    body: int = 2 * 1024 * 1024
    """Bytes of one delivery."""
    reading: float = 10.0
    """Seconds a sender may take to send the body."""
    working: int = 64
    """Deliveries that may be in work at once, after their bodies have arrived."""
    patience: float = 4.0
    """Seconds a delivery waits in line; with the ledger's own 5 it is answered before GitHub gives up after 10."""


DEFAULT_LIMITS = Limits()
