"""A service that wants to be asked less, whichever it is."""

from __future__ import annotations

from datetime import datetime

from jobs import errors


class RateLimited(errors.TryAgain):
    """The service wants to be asked less. Nothing was done; the same call may be made after `until`."""

    until: datetime

    def __init__(self, message: str = "", *, until: datetime) -> None:
        self.until = until
        super().__init__(message)
