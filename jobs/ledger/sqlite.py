"""The ledger in one SQLite file: one thread of a process writes, a few read, and neither waits for the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry

from jobs.ledger import turn
from jobs.ledger.writer import Work, Writer

READERS = 4
OPENING = 5_000  # milliseconds SQLite waits while another process recovers or removes the write-ahead log

LOG = 2_000  # pages of 4 KiB in the write-ahead log before they go to the file, which holds writers up for some 10 ms

_I = TypeVar("_I")
_T = TypeVar("_T")


class Sqlite:
    """One file in write-ahead mode (https://www.sqlite.org/wal.html), which `migrate.upgrade` sets."""

    def __init__(self, url: URL, patience: float) -> None:
        self._reading = _engine(url, READERS, "query_only=ON")
        self._readers = ThreadPoolExecutor(READERS, "ledger-reader")
        file = Path(url.database or "")
        self._leader = file.with_name(f"{file.name}.leader")
        # `Turn` waits instead of the busy timeout
        writing = _engine(url, 1, "synchronous=FULL", "busy_timeout=0", f"wal_autocheckpoint={LOG}")
        self._writer = Writer(writing, turn.Turn(file.with_name(f"{file.name}.turn")), patience)

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` on a consistent view, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._look, work)

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` with the next group of writes and return after their commit."""
        return await self._writer.write(lambda tx, _: [work(tx)], None, gathers=False)

    async def write_together(self, work: Work[_I, _T], item: _I) -> _T:
        """Run `work` on this item, and on those of others who wait for the same work, with the next group."""
        return await self._writer.write(work, item, gathers=True)

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[Callable[[], Awaitable[bool]] | None]:
        """Be the leader within the block, or get None if another is."""
        with self._leader.open("ab") as file:
            yield _always if turn.locked(file) else None

    async def close(self) -> None:
        """Finish what was asked for and close the file."""
        await self._writer.close()
        await asyncio.to_thread(self._readers.shutdown)
        self._reading.dispose()

    def _look(self, work: Callable[[Connection], _T]) -> _T:
        with self._reading.connect() as connection:
            connection.exec_driver_sql("BEGIN")  # without it every statement sees a moment of its own
            return work(connection)


async def _always() -> bool:
    """A locked file is lost only with its process."""
    return True


def _engine(url: URL, connections: int, *pragmas: str) -> Engine:
    # hidden, since errors reach the log and parameters hold tickets
    engine = create_engine(url, pool_size=connections, max_overflow=0, hide_parameters=True)
    every = (f"busy_timeout={OPENING}", "foreign_keys=ON", *pragmas)

    def prepare(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # we begin transactions ourselves
        cursor = connection.cursor()
        for pragma in every:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    event.listen(engine, "connect", prepare)
    return engine
