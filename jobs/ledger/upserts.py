"""Inserts that meet a row of the same key: neither database needs a savepoint or a second statement for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite

from jobs.ledger.database import Transaction
from jobs.ledger.prepared import Prepared

_Insert = sqlite.Insert | postgresql.Insert

_INSERTS: dict[str, Callable[[Table], _Insert]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def add(tx: Transaction, table: Table, values: Mapping[str, object]) -> bool:
    """Insert a row; False when one of its keys is there already."""
    return _adding(tx.dialect.name, table).change(tx, values) == 1


def put(
    tx: Transaction,
    table: Table,
    values: Mapping[str, object],
    *,
    key: tuple[str, ...] = (),
    keep: tuple[str, ...] = (),
) -> None:
    """Insert a row, or overwrite the one with the same key.

    Args:
        tx: the transaction.
        table: the table.
        values: of the row.
        key: columns of a unique key; the primary key when none is given.
        keep: columns that an existing row keeps as they are.
    """
    unique = key or tuple(column.name for column in table.primary_key)
    fresh = tuple(name for name in values if name not in {*unique, *keep})
    tx.execute(_putting(tx.dialect.name, table, unique, fresh), dict(values))


@cache
def _adding(dialect: str, table: Table) -> Prepared:
    return Prepared(_INSERTS[dialect](table).on_conflict_do_nothing())


@cache
def _putting(dialect: str, table: Table, unique: tuple[str, ...], fresh: tuple[str, ...]) -> _Insert:
    statement = _INSERTS[dialect](table)
    excluded = {name: statement.excluded[name] for name in fresh}
    return statement.on_conflict_do_update(index_elements=unique, set_=excluded)
