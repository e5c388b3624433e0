"""Configuration in the ledger: repositories, sources and access to their trackers. Secrets are stored sealed."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import delete, select

from jobs.access import StoredAccess
from jobs.job import now
from jobs.ledger import schema, upserts
from jobs.ledger.database import Transaction
from jobs.repository import Repository
from jobs.sources import OwnAccounts, StoredSource

Kind = Literal["repository", "source", "access", "accounts"]


def repositories(tx: Transaction) -> list[Repository]:
    """Every repository that was added, by alias."""
    return [Repository.model_validate_json(record) for record in _records(tx, "repository")]


def put_repository(tx: Transaction, repository: Repository) -> None:
    """Add a repository or replace the one with its alias."""
    _put(tx, "repository", repository.alias, repository.model_dump_json())


def remove_repository(tx: Transaction, alias: str) -> bool:
    """Remove a repository; False if there was none."""
    return _remove(tx, "repository", alias)


def sources(tx: Transaction) -> list[StoredSource]:
    """Every source that was added, by name."""
    return [StoredSource.model_validate_json(record) for record in _records(tx, "source")]


def put_source(tx: Transaction, source: StoredSource) -> None:
    """Add a source or replace the one with its name."""
    _put(tx, "source", source.name, source.model_dump_json())


def remove_source(tx: Transaction, name: str) -> bool:
    """Remove a source; False if there was none."""
    return _remove(tx, "source", name)


def access(tx: Transaction) -> list[StoredAccess]:
    """What trackers are reached with, by the name of their source."""
    return [StoredAccess.model_validate_json(record) for record in _records(tx, "access")]


def put_access(tx: Transaction, stored: StoredAccess) -> None:
    """Say how a source's tracker is reached, in place of what was said before."""
    _put(tx, "access", stored.name, stored.model_dump_json())


def remove_access(tx: Transaction, name: str) -> bool:
    """Forget how a source's tracker is reached; False if nothing was known."""
    return _remove(tx, "access", name)


def accounts(tx: Transaction) -> list[OwnAccounts]:
    """As whom trackers know us, by the name of their source, as far as that was learnt."""
    return [OwnAccounts.model_validate_json(record) for record in _records(tx, "accounts")]


def put_accounts(tx: Transaction, learnt: OwnAccounts) -> None:
    """Keep as whom a source's tracker knows us, in place of what was learnt before."""
    _put(tx, "accounts", learnt.name, learnt.model_dump_json())


def remove_accounts(tx: Transaction, name: str) -> bool:
    """Forget as whom a source's tracker knows us; False if nothing was known."""
    return _remove(tx, "accounts", name)


def mark(tx: Transaction, name: str) -> str:
    """A remembered position, such as how far events are folded; empty when there is none."""
    value = tx.execute(select(schema.marks.c.value).where(schema.marks.c.name == name)).scalar()
    return str(value or "")


def set_mark(tx: Transaction, name: str, value: str) -> None:
    """Remember a position."""
    upserts.put(tx, schema.marks, {"name": name, "value": value})


def _records(tx: Transaction, kind: Kind) -> list[str]:
    table = schema.configuration
    rows = tx.execute(select(table.c.record).where(table.c.kind == kind).order_by(table.c.name))
    return list(rows.scalars())


def _put(tx: Transaction, kind: Kind, name: str, record: str) -> None:
    values = {"kind": kind, "name": name, "record": record, "updated_at": now().isoformat()}
    upserts.put(tx, schema.configuration, values)


def _remove(tx: Transaction, kind: Kind, name: str) -> bool:
    table = schema.configuration
    return tx.execute(delete(table).where(table.c.kind == kind, table.c.name == name)).rowcount > 0
