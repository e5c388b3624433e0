"""Statements a sender waits for: SQLite gets them as text that was compiled once, past SQLAlchemy's execution.

That takes several times as long as SQLite itself; see `docs/adr/0009-prepared-statements-for-taking-in.md`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import DBAPIError

from jobs.ledger.database import Transaction

_POSITIONAL = sqlite.dialect(paramstyle="qmark")

_Compiled = tuple[str, Sequence[str], dict[str, object]]
"""The text, the names of its values in order, and the values that are constants."""


class Prepared:
    """One statement, whose values and columns are text, numbers or bytes, so that nothing has to be converted."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete) -> None:
        self._statement = statement
        self._compiled: _Compiled | None = None
        """From the first use on."""

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

    def change_all(self, tx: Transaction, rows: Sequence[Mapping[str, object]]) -> None:
        """Carry out the statement once for each of these values; there is at least one."""
        if driver := _driver(tx):
            text, names, constants = self._text(rows[0])
            _guarded(driver.executemany, text, [_listed(names, constants, values) for values in rows])
        else:
            tx.execute(self._statement, [dict(values) for values in rows])

    def _run(self, driver: sqlite3.Connection, values: Mapping[str, object]) -> sqlite3.Cursor:
        text, names, constants = self._text(values)
        return _guarded(driver.execute, text, _listed(names, constants, values))

    def _text(self, values: Mapping[str, object]) -> _Compiled:
        if self._compiled is None:
            self._compiled = self._compile(list(values))
        return self._compiled

    def _compile(self, given: list[str]) -> _Compiled:
        compiled = self._statement.compile(dialect=_POSITIONAL, column_keys=given)
        constants = {name: value for name, value in compiled.params.items() if name not in given}
        return str(compiled), compiled.positiontup or (), constants


def _listed(names: Sequence[str], constants: dict[str, object], values: Mapping[str, object]) -> list[object]:
    known = {**constants, **values} if constants else values
    return [known[name] for name in names]


def _guarded(execute: Callable[[str, Any], sqlite3.Cursor], text: str, values: Sequence[Any]) -> sqlite3.Cursor:
    try:
        return execute(text, values)
    except sqlite3.Error as error:  # as SQLAlchemy would have raised it, without the values
        raise DBAPIError.instance(text, None, error, sqlite3.Error, hide_parameters=True) from error


def _driver(tx: Transaction) -> sqlite3.Connection | None:
    driver = tx.connection.driver_connection
    return driver if isinstance(driver, sqlite3.Connection) else None
