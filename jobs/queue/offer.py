"""An offer: what a worker is ready to run."""

from __future__ import annotations

from typing import NamedTuple


class Offer(NamedTuple):
    """One model on one account. A worker claims only what it offers exactly."""

    account: str
    model: str
