"""Statements a sender waits for: SQLite gets them as text that was compiled once, past SQLAlchemy's execution.

That takes several times as long as SQLite itself; see `docs/adr/0009-prepared-statements-for-taking-in.md`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from jobs.ledger.database import Transaction

_POSITIONAL = sqlite.dialect(paramstyle="qmark")


class Prepared:
    """One statement, whose values and columns are text, numbers or bytes, so that nothing has to be converted."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: tuple[str, Sequence[str], dict[str, object]] | None = None
        """From the first use on the text, the names of its values in order, and the values that are constants."""

    def rows(self, tx: Transaction, values: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        """What the statement selects."""
        if driver := _driver(tx):
            return self._run(driver, values).fetchall()
        return tx.execute(self._statement, dict(values)).all()

    def change(self, tx: Transaction, values: Mapping[str, object]) -> int:
        """Carry out the statement and return how many rows it inserted or changed."""
        if driver := _driver(tx):
            return self._run(driver, values).rowcount
        return tx.execute(self._statement, dict(values)).rowcount

    def _run(self, driver: sqlite3.Connection, values: Mapping[str, object]) -> sqlite3.Cursor:
        if self._compiled is None:
            self._compiled = self._compile(list(values))
        text, names, constants = self._compiled
        known = {**constants, **values} if constants else values
        try:
            return driver.execute(text, [known[name] for name in names])
        except sqlite3.Error as error:  # as SQLAlchemy would have raised it, without the values
            raise DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True) from error

    def _compile(self, given: list[str]) -> tuple[str, Sequence[str], dict[str, object]]:
        compiled = self._statement.compile(dialect=_POSITIONAL, column_keys=given)
        constants = {name: value for name, value in compiled.params.items() if name not in given}
        return str(compiled), compiled.positiontup or (), constants


def _driver(tx: Transaction) -> sqlite3.Connection | None:
    driver = tx.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None
