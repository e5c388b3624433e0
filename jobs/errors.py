"""One family of errors, typed by what the caller must do.

The docstring of a class is its default message and names the remedy, so that `raise errors.NotReady` alone
already says something useful to the person who reads it.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class JcaError(Exception):
    """Something failed inside JCA. Run `jca doctor`; if it finds nothing, please report this."""

    exit_code: ClassVar[int] = 1
    """What the command line exits with: 1 failed, 2 usage, 3 not ready."""

    def __init__(self, message: str = "", *, remedy: str = "") -> None:
        self.message = message or " ".join((type(self).__doc__ or "").split())
        self.remedy = remedy
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class BadInput(JcaError):
    """The input cannot be used as it is. Correct the place that is named and try again."""

    exit_code = 2


class NotFound(BadInput):
    """There is nothing by that name. List what exists with the `list` command of the same group."""


class NotReady(JcaError):
    """Something this needs is not in place yet. `jca doctor` names what is missing and how to add it."""

    exit_code = 3


class TryAgain(JcaError):
    """A part did not answer this time. Nothing was lost; the same call may succeed later."""

    until: datetime | None = None
    """When it may be asked again, where it named a time."""


class Conflict(JcaError):
    """Somebody else changed this meanwhile. Look at the present state and decide again."""


class Refused(JcaError):
    """A rule of this installation forbids it. An administrator can change the rule, a ticket cannot."""


class LostLease(JcaError):
    """Another worker owns this run now. Stop without touching the remote."""


class WaitAgain(JcaError):
    """The job cannot go on at present. It waits again at its old place, and nothing has to be done."""


class RunStopped(JcaError):
    """The run ended early for a reason that is known; the reason code says which.

    Carries what the record needs: `code` is one of `jobs.reasons.Code`; `retry_after` are the seconds after which the
    same may succeed, None where waiting does not help.
    """

    def __init__(self, code: str, message: str = "", *, remedy: str = "", retry_after: float | None = None) -> None:
        self.code = code
        self.retry_after = retry_after
        super().__init__(message, remedy=remedy)
