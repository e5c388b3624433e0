"""One line of `jca doctor`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """What was looked at, ok or with its remedy."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""
    optional: bool = False
    """Whether JCA works without it."""
