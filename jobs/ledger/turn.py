"""Taking SQLite's write lock in turns with the other processes that write to the file."""

from __future__ import annotations

import fcntl
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, Connection, OperationalError
from typing import BinaryIO

from jobs import errors

PAUSE = (0.0002, 0.002)  # seconds between two tries: short beside a commit, and by chance, so that nobody is ahead
_PRIMARY = 0xFF  # bits of an extended result code that say the primary one (https://www.sqlite.org/rescode.html)


class Turn:
    """A turnstile before the write lock.

    SQLite's own busy handler waits longer each time, up to 100 ms, so that whoever writes without a pause keeps the
    lock and the others starve. Here one process at a time stands in the turnstile and asks for the lock; who has just
    released the lock finds the turnstile taken and comes after it.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    def begin(self, connection: Connection, until: float) -> None:
        """Begin a transaction that holds the write lock.

        IMMEDIATE takes the lock up front: a deferred transaction that upgrades later fails at once with SQLITE_BUSY,
        whatever the timeout (https://www.sqlite.org/lang_transaction.html).

        Args:
            connection: in autocommit, with a busy timeout of 0.
            until: moment of `time.monotonic` after which one no longer waits; one try is made in any case.

        Raises:
            errors.TryAgain: others held the lock for so long.
        """
        with self._entered(until):
            while not _begun(connection):
                _pause(until)

    @contextmanager
    def _entered(self, until: float) -> Iterator[None]:
        with self._file.open("ab") as file:
            while not locked(file):
                _pause(until)
            yield  # closing gives the lock back


def locked(file: BinaryIO) -> bool:
    """Lock an open file alone, until it is closed or the process ends; False when another has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _begun(connection: Connection) -> bool:
    try:
        connection.execute("BEGIN IMMEDIATE").close()
    except OperationalError as error:
        if error.sqlite_errorcode & _PRIMARY != SQLITE_BUSY:
            raise
        return False
    return True


def _pause(until: float) -> None:
    if time.monotonic() >= until:
        raise errors.TryAgain("The ledger does not answer: other processes write to it all the time.")
    time.sleep(random.uniform(*PAUSE))  # noqa: S311 - chance between equals, no secret
