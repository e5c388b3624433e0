"""Opening the ledger: SQLite on one machine, PostgreSQL where several machines write."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sqlalchemy import event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from jobs import errors

BUSY_TIMEOUT = 5_000  # milliseconds SQLite waits for another writer before it gives up

Transaction = AsyncConnection
"""What every verb of this package takes first."""


def async_url(url: str) -> str:
    """Name the asynchronous driver for `sqlite:` and `postgresql:` addresses.

    Raises:
        errors.BadInput: another kind of database.
    """
    parsed = make_url(url)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}
    family = parsed.drivername.split("+")[0]
    if family not in drivers:
        msg = f"JCA_DATABASE_URL names a {family} database."
        raise errors.BadInput(msg, remedy="Use sqlite:///absolute/path or postgresql://user:password@host/name.")
    return parsed.set(drivername=drivers[family]).render_as_string(hide_password=False)


class Ledger:
    """One open ledger. Every write is one short transaction."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> Ledger:
        """Open without touching the file or server yet; the schema must be up to date (`migrate.upgrade`)."""
        address = async_url(url)
        remote = not address.startswith("sqlite")
        # hidden, since errors reach the log and parameters hold tickets
        engine = create_async_engine(address, pool_pre_ping=remote, hide_parameters=True)
        if engine.dialect.name == "sqlite":
            event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        return cls(engine)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Transaction]:
        """A consistent view; nothing done in it is kept.

        Raises:
            errors.TryAgain: the database does not answer, or its schema is not the one this version reads.
        """
        with _translated():
            async with self._engine.connect() as connection:
                yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Transaction]:
        """One transaction: kept whole when the block ends, dropped whole when it raises.

        Raises:
            errors.TryAgain: the database did not take the write in time.
        """
        with _translated():
            async with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    # IMMEDIATE takes the write lock up front: a deferred transaction that upgrades later fails at
                    # once with SQLITE_BUSY, whatever the timeout (https://www.sqlite.org/lang_transaction.html).
                    await connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                await connection.commit()

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()


@contextmanager
def _translated() -> Iterator[None]:
    """Say what the database's own errors mean to a caller."""
    try:
        yield
    except OperationalError as error:
        remedy = "If it stays so, `jca db upgrade` brings the ledger to the present schema."
        raise errors.TryAgain(f"The ledger does not answer: {error.orig}.", remedy=remedy) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise errors.TryAgain(f"The ledger's connection broke: {error.orig}.") from error
    except OSError as error:
        raise errors.TryAgain(f"The ledger cannot be reached: {error}.") from error


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_TIMEOUT}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
