"""Configuration in the ledger: repositories and sources. Secrets are stored sealed."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, insert, select

from jobs.catalog import Repository
from jobs.job import now
from jobs.ledger import schema
from jobs.ledger.database import Transaction
from jobs.sources import StoredSource

Kind = Literal["repository", "source"]


async def repositories(tx: Transaction) -> list[Repository]:
    """Every repository that was added, by alias."""
    return [Repository.model_validate_json(record) for record in await _records(tx, "repository")]


async def put_repository(tx: Transaction, repository: Repository) -> None:
    """Add a repository or replace the one with its alias."""
    await _put(tx, "repository", repository.alias, repository.model_dump_json())


async def remove_repository(tx: Transaction, alias: str) -> bool:
    """Remove a repository; False if there was none."""
    return await _remove(tx, "repository", alias)


async def sources(tx: Transaction) -> list[StoredSource]:
    """Every source that was added, by name."""
    return [StoredSource.model_validate_json(record) for record in await _records(tx, "source")]


async def put_source(tx: Transaction, source: StoredSource) -> None:
    """Add a source or replace the one with its name."""
    await _put(tx, "source", source.name, source.model_dump_json())


async def remove_source(tx: Transaction, name: str) -> bool:
    """Remove a source; False if there was none."""
    return await _remove(tx, "source", name)


async def mark(tx: Transaction, name: str) -> str:
    """A remembered position, such as how far events are folded; empty when there is none."""
    value = (await tx.execute(select(schema.marks.c.value).where(schema.marks.c.name == name))).scalar()
    return str(value or "")


async def set_mark(tx: Transaction, name: str, value: str) -> None:
    """Remember a position."""
    await tx.execute(delete(schema.marks).where(schema.marks.c.name == name))
    await tx.execute(insert(schema.marks).values(name=name, value=value))


async def _records(tx: Transaction, kind: Kind) -> list[str]:
    table = schema.configuration
    rows = await tx.execute(select(table.c.record).where(table.c.kind == kind).order_by(table.c.name))
    return list(rows.scalars())


async def _put(tx: Transaction, kind: Kind, name: str, record: str) -> None:
    await _remove(tx, kind, name)
    moment = now().isoformat()
    await tx.execute(insert(schema.configuration).values(kind=kind, name=name, record=record, updated_at=moment))


async def _remove(tx: Transaction, kind: Kind, name: str) -> bool:
    table = schema.configuration
    return (await tx.execute(delete(table).where(table.c.kind == kind, table.c.name == name))).rowcount > 0
