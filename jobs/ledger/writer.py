"""One thread writes for a process, in groups: a commit waits for the disk, and whoever comes meanwhile shares the next.

Writes that follow each other in a group and ask for the same work are done by one call of it. Each write of a group
fails alone. All are answered after the commit.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from queue import SimpleQueue
from threading import Thread
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from jobs import errors
from jobs.ledger.turn import Turn

LARGEST = 64  # writes in one group
APART = 0.005  # seconds from one group to the next of writes that are done together: a commit costs as much as several
WORKING = 0.02  # seconds after which a group takes no further write, so that its first need not wait for long

_I = TypeVar("_I")
_T = TypeVar("_T")

Work = Callable[[Connection, Sequence[_I]], Sequence[_T]]
"""Writes items, as if one after the other, and returns what became of each, in their order."""


@dataclass(frozen=True)
class _Order(Generic[_I, _T]):
    """One write that was asked for."""

    work: Work[_I, _T]
    item: _I
    gathers: bool
    """Whether others are worth waiting for."""
    answer: asyncio.Future[Callable[[], _T]]
    """Becomes what returns the result or raises the error."""
    until: float
    """Moment of `time.monotonic` until which it waits for other processes."""


class Writer:
    """The only one of its process who writes to the file."""

    def __init__(self, engine: Engine, turn: Turn, patience: float) -> None:
        self._engine = engine
        self._turn = turn
        self._patience = patience
        self._orders: SimpleQueue[_Order[Any, Any] | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._closed = False
        self._ended = 0.0
        """Moment of `time.monotonic` when the last group was answered."""

    async def write(self, work: Work[_I, _T], item: _I, *, gathers: bool) -> _T:
        """Run `work` on this item in the next group and return after its commit.

        It is run on several items at once where callers ask for the same work; when that fails, on each alone. A caller
        that is cancelled before its turn has no effect; after that its work is kept, as if the answer had been lost on
        the way.

        Args:
            work: does with several items what it does with them one after the other.
            item: what is to be written.
            gathers: whether it waits `APART` after the last group for others to share its commit.

        Raises:
            errors.TryAgain: the lock was not free in time, or the group could not be committed.
        """
        if self._closed:
            raise errors.TryAgain("The ledger is closed.")
        answer: asyncio.Future[Callable[[], _T]] = asyncio.get_running_loop().create_future()
        self._orders.put(_Order(work, item, gathers, answer, time.monotonic() + self._patience))
        if self._thread is None:
            # a daemon: nobody was answered yet for what an interpreter that ends without `close` leaves undone
            self._thread = Thread(target=self._run, name="ledger-writer", daemon=True)
            self._thread.start()
        return (await answer)()

    async def close(self) -> None:
        """Refuse new writes, finish those that wait, and close the connection."""
        self._closed = True
        if self._thread is not None:
            self._orders.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        while (order := self._orders.get()) is not None:
            if order.gathers and (wait := self._ended + APART - time.monotonic()) > 0:
                time.sleep(wait)
            self._settle(order)
            self._ended = time.monotonic()
        self._engine.dispose()

    def _settle(self, first: _Order[Any, Any]) -> None:
        """Commit a group that begins with this order, and answer it."""
        group, outcomes = [first], list[Callable[[], object]]()
        try:
            with self._engine.begin() as connection:
                self._turn.begin(_driver(connection), first.until)
                group = []
                outcomes = self._performed(connection, first, group)
        except BaseException as error:  # noqa: BLE001 - whatever it is, somebody waits for the answer
            outcomes = [_raising(_lost(error)) for _ in group]
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            first.answer.get_loop().call_soon_threadsafe(_answer, group, outcomes)

    def _performed(
        self, connection: Connection, first: _Order[Any, Any], group: list[_Order[Any, Any]]
    ) -> list[Callable[[], object]]:
        """Do what is asked for, and put the orders that were taken up into `group`.

        A savepoint costs about as much as the statements of a write. So there is none until a write fails that was
        done with others or has changed something: then all are undone, and done again one by one with a savepoint each.
        """
        outcomes = list[Callable[[], object]]()
        try:
            for work, orders in groupby(self._noted(first, group), attrgetter("work")):
                outcomes += _tried(connection, work, [order.item for order in orders])
        except _HalfDone:
            driver = _driver(connection)
            driver.execute("ROLLBACK")
            self._turn.begin(driver, first.until)
            outcomes = [_separately(connection, order.work, order.item) for order in group]
        return outcomes

    def _noted(self, first: _Order[Any, Any], group: list[_Order[Any, Any]]) -> Iterator[_Order[Any, Any]]:
        for order in self._waiting(first):
            group.append(order)
            yield order

    def _waiting(self, first: _Order[Any, Any]) -> Iterator[_Order[Any, Any]]:
        """The first order and those behind it, as many as one group may take, without those nobody waits for."""
        until = time.monotonic() + WORKING
        if not first.answer.cancelled():
            yield first
        for _ in range(LARGEST - 1):
            if time.monotonic() >= until or self._orders.empty():
                return
            order = self._orders.get_nowait()
            if order is None:
                self._orders.put(None)  # the end; it is the last one in the line
                return
            if not order.answer.cancelled():
                yield order


class _HalfDone(Exception):
    """A write failed that was done with others, or has changed something already."""


def _tried(connection: Connection, work: Work[_I, _T], items: Sequence[_I]) -> list[Callable[[], _T]]:
    driver = _driver(connection)
    changes = driver.total_changes
    try:
        return [_returning(value) for _, value in zip(items, work(connection, items), strict=True)]
    except BaseException as error:
        if not driver.in_transaction:
            raise  # SQLite itself has rolled back everything, as it does on a full disk
        if len(items) > 1 or driver.total_changes != changes:
            raise _HalfDone from error
        return [_raising(error)]


def _separately(connection: Connection, work: Work[_I, _T], item: _I) -> Callable[[], _T]:
    driver = _driver(connection)
    driver.execute("SAVEPOINT one")  # past SQLAlchemy, whose savepoints cost several times as much
    try:
        (value,) = work(connection, [item])
    except BaseException as error:
        if not driver.in_transaction:
            raise  # SQLite itself has rolled back everything, as it does on a full disk
        driver.execute("ROLLBACK TO one")
        driver.execute("RELEASE one")
        return _raising(error)
    driver.execute("RELEASE one")
    return _returning(value)


def _returning(value: _T) -> Callable[[], _T]:
    return lambda: value


def _raising(error: BaseException) -> Callable[[], Any]:
    def outcome() -> object:
        raise error

    return outcome


def _lost(error: BaseException) -> BaseException:
    """What each caller of a group that was not committed gets."""
    if not isinstance(error, DBAPIError | sqlite3.Error):
        return error
    told = errors.TryAgain(f"The ledger did not take the write: {getattr(error, 'orig', error)}.")
    told.__cause__ = error
    return told


def _answer(group: Sequence[_Order[Any, Any]], outcomes: Sequence[Callable[[], object]]) -> None:
    for order, outcome in zip(group, outcomes, strict=True):
        if not order.answer.done():
            order.answer.set_result(outcome)


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)  # noqa: S101 - tells mypy
    return driver
