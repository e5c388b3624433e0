"""Opening the ledger: SQLite on one machine, PostgreSQL where several machines write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import URL, Connection, make_url

from jobs import errors
from jobs.ledger import failures
from jobs.ledger.postgresql import Postgresql
from jobs.ledger.sqlite import Sqlite

PATIENCE = 5.0  # seconds a write waits for other processes before it gives up

Transaction = Connection
"""What every verb of this package takes first."""

StillLeading = Callable[[], Awaitable[bool]]
"""Whether this process is the leader still; asked from time to time."""

_P = ParamSpec("_P")
_I = TypeVar("_I")
_T = TypeVar("_T")

_ADDRESSES = "Use sqlite:///absolute/path or postgresql://user:password@host/name."


class Database(Protocol):
    """One kind of database: it runs functions of one transaction each."""

    async def read(self, work: Callable[[Transaction], _T]) -> _T:
        """Run `work` on a consistent view."""

    async def write(self, work: Callable[[Transaction], _T]) -> _T:
        """Run `work` and return when what it did is durable."""

    async def write_together(self, work: Callable[[Transaction, Sequence[_I]], Sequence[_T]], item: _I) -> _T:
        """Run `work` on this item, maybe along with others, and return when it is durable."""

    def leading(self) -> AbstractAsyncContextManager[StillLeading | None]:
        """Be the leader within the block, or get None if another is."""

    async def close(self) -> None:
        """Finish what was asked for and give everything back."""


class Ledger:
    """One open ledger, for one event loop.

    A transaction is a function: a verb of this package, or a plain function that calls several. It runs at one go,
    away from the event loop, so nothing can be awaited while a transaction is open and none is held longer than its
    statements take.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, url: str, *, patience: float = PATIENCE) -> Ledger:
        """Open without touching the file or server yet; the schema must be up to date (`migrate.upgrade`).

        Args:
            url: of the database, as `engine_url` takes it.
            patience: seconds a write to SQLite waits for other processes.

        Raises:
            errors.BadInput: another kind of database.
        """
        address = engine_url(url)
        return cls(Sqlite(address, patience) if address.get_backend_name() == "sqlite" else Postgresql(address))

    async def read(self, work: Callable[Concatenate[Transaction, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what `work(transaction, …)` returns; all of it sees the same moment and it can change nothing.

        Raises:
            errors.TryAgain: the database does not answer, or its schema is not the one this version reads.
        """
        with failures.translated():
            return await self._database.read(lambda tx: work(tx, *args, **kwargs))

    async def write(self, work: Callable[Concatenate[Transaction, _P], _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """Return what `work(transaction, …)` returns, once it is durable; when it raises, nothing of it is kept.

        It may be run twice, the first time without effect.

        Raises:
            errors.TryAgain: the database did not take the write in time.
        """
        with failures.translated():
            return await self._database.write(lambda tx: work(tx, *args, **kwargs))

    async def write_together(self, work: Callable[[Transaction, Sequence[_I]], Sequence[_T]], item: _I) -> _T:
        """Return what `work(transaction, items)` makes of this item, once it is durable; if it raises, nothing is kept.

        SQLite hands it the items of all who wait for the same work at this moment, and when that fails each by itself.

        Args:
            work: does with several items what it does with them one after the other; the same function for every item.
            item: what is to be written.

        Raises:
            errors.TryAgain: the database did not take the write in time.
        """
        with failures.translated():
            return await self._database.write_together(work, item)

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[StillLeading | None]:
        """Be the leader of all processes on this ledger within the block, or get None if another is; see `leader`.

        Raises:
            errors.TryAgain: the database does not answer.
        """
        with failures.translated():
            async with self._database.leading() as still:
                yield still

    async def close(self) -> None:
        """Finish what was asked for and give all connections back."""
        await self._database.close()


def engine_url(url: str) -> URL:
    """The address with the driver that is used for it.

    Raises:
        errors.BadInput: neither an SQLite file nor PostgreSQL.
    """
    parsed = make_url(url)
    family = parsed.drivername.split("+")[0]
    if family not in _DRIVERS:
        raise errors.BadInput(f"JCA_DATABASE_URL names a {family} database.", remedy=_ADDRESSES)
    if family == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise errors.BadInput("JCA_DATABASE_URL names no file.", remedy=_ADDRESSES)
    return parsed.set(drivername=_DRIVERS[family])


_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
