"""What the database's own errors mean to whoever asked."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, OperationalError

from jobs import errors


def meaning(error: Exception) -> Exception:
    """The error to raise instead: `errors.TryAgain` where the database did not answer, else the error itself."""
    match error:
        case OperationalError():
            remedy = "If it stays so, `jca db upgrade` brings the ledger to the present schema."
            return errors.TryAgain(f"The ledger does not answer: {error.orig}.", remedy=remedy)
        case DBAPIError(connection_invalidated=True):
            return errors.TryAgain(f"The ledger's connection broke: {error.orig}.")
        case OSError():
            return errors.TryAgain(f"The ledger cannot be reached: {error}.")
        case _:
            return error


@contextmanager
def translated() -> Iterator[None]:
    """Raise what errors mean instead of them."""
    try:
        yield
    except Exception as error:
        understood = meaning(error)
        if understood is error:
            raise
        raise understood from error
