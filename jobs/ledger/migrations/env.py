"""How Alembic reaches the ledger."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from alembic import context
from sqlalchemy import Connection, create_engine, func, pool, select
from sqlalchemy.ext.asyncio import create_async_engine

from jobs.ledger import schema

MIGRATING = 0x6A6362  # key of the lock, beside the leader's


def _migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=schema.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


def _run_in_sqlite(url: str) -> None:
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.begin() as connection:
        _migrate(connection)


async def _run_in_postgresql(url: str) -> None:
    engine = create_async_engine(url, poolclass=pool.NullPool)
    try:
        async with engine.begin() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(MIGRATING)))  # gateways may start together
            await connection.run_sync(_migrate)
    finally:
        await engine.dispose()


address = context.config.get_main_option("sqlalchemy.url") or ""
if address.startswith("sqlite"):
    _run_in_sqlite(address)
else:
    # A thread of its own, since the caller may already be inside an event loop.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, _run_in_postgresql(address)).result()
