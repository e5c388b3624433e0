"""Which of many pairs of values a table has, in one statement: what several deliveries ask at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, select

from jobs.ledger.database import Transaction
from jobs.ledger.prepared import Prepared

Pair = tuple[str, str]
Columns = tuple[ColumnElement[Any], ColumnElement[Any]]
"""Of one table; an index begins with them."""


def present(tx: Transaction, columns: Columns, pairs: Sequence[Pair]) -> set[Pair]:
    """The pairs that some row has, and maybe others mixed from the halves of these."""
    values = {f"{half}_{number}": pair[half] for number, pair in enumerate(pairs) for half in (0, 1)}
    return {(first, second) for first, second in _query(columns, len(pairs)).rows(tx, values)}


@cache
def _query(columns: Columns, count: int) -> Prepared:
    """The statement for so many pairs: its text has a place for each value."""
    first, second = columns
    firsts: list[BindParameter[str]] = [bindparam(f"0_{number}") for number in range(count)]
    seconds: list[BindParameter[str]] = [bindparam(f"1_{number}") for number in range(count)]
    return Prepared(select(first, second).where(first.in_(firsts), second.in_(seconds)))
