"""The ledger in PostgreSQL. Its server groups the commits of concurrent transactions by itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from sqlalchemy import URL, Connection, func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from jobs import errors

LEADER = 0x6A6361
"""Key of the leader's advisory lock, "jca" in ASCII: any number nothing else in this database uses."""
ANSWERING = 5.0  # seconds after which a server that does not answer counts as gone

_I = TypeVar("_I")
_T = TypeVar("_T")

_HELD = text(
    "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = :key AND pid = pg_backend_pid() AND granted"
)


class Postgresql:
    """One server, reached over a pool of connections."""

    def __init__(self, url: URL) -> None:
        # hidden, since errors reach the log and parameters hold tickets
        self._writing = create_async_engine(url, pool_pre_ping=True, hide_parameters=True)
        self._running = 0
        self._closed = False
        self._idle = asyncio.Event()
        # a pool would keep the connection, and with it the leader's lock, when it is given back
        self._leading = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        self._reading = self._writing.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    async def read(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` on a consistent view."""
        async with self._counted(), self._reading.connect() as connection:
            return await connection.run_sync(work)

    async def write(self, work: Callable[[Connection], _T]) -> _T:
        """Run `work` in a transaction of its own and return after its commit."""
        async with self._counted(), self._writing.begin() as connection:
            return await connection.run_sync(work)

    async def write_together(self, work: Callable[[Connection, Sequence[_I]], Sequence[_T]], item: _I) -> _T:
        """Run `work` on this item alone: two transactions that each write for several could wait for each other."""
        (result,) = await self.write(lambda connection: work(connection, [item]))
        return result

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[Callable[[], Awaitable[bool]] | None]:
        """Be the leader within the block, or get None if another is.

        The lock is the connection's, and gone with it
        (https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS).
        """
        async with self._leading.connect() as connection:
            won = (await connection.execute(select(func.pg_try_advisory_lock(LEADER)))).scalar()
            yield partial(_holds, connection) if won else None

    async def close(self) -> None:
        """Wait for what was asked for and close all connections."""
        self._closed = True
        if self._running:
            await self._idle.wait()
        await self._writing.dispose()

    @asynccontextmanager
    async def _counted(self) -> AsyncIterator[None]:
        if self._closed:
            raise errors.TryAgain("The ledger is closed.")
        self._running += 1
        try:
            yield
        finally:
            self._running -= 1
            if self._closed and not self._running:
                self._idle.set()


async def _holds(connection: AsyncConnection) -> bool:
    """Whether this connection has the leader's lock; a pooler in between may have changed the session behind it."""
    try:
        async with asyncio.timeout(ANSWERING):
            return (await connection.execute(_HELD, {"key": LEADER})).scalar() is not None
    except (DBAPIError, OSError):
        return False
