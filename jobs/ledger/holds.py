"""Holds in the ledger: what keeps jobs waiting, and until when. The queue gets them from here."""

from __future__ import annotations

from sqlalchemy import delete, insert, select

from jobs.holds import Hold
from jobs.job import now
from jobs.ledger import schema
from jobs.ledger.database import Transaction
from jobs.reasons import Code


def put(tx: Transaction, hold: Hold) -> None:
    """Put a hold, or replace the one of its subject and code."""
    remove(tx, hold.subject, hold.reason.code)
    values = {"subject": hold.subject, "code": hold.reason.code.value, "record": hold.model_dump_json()}
    tx.execute(insert(schema.holds).values(**values))


def remove(tx: Transaction, subject: str, code: Code) -> bool:
    """End a hold; False if there was none."""
    same = (schema.holds.c.subject == subject, schema.holds.c.code == code.value)
    return tx.execute(delete(schema.holds).where(*same)).rowcount > 0


def present(tx: Transaction) -> list[Hold]:
    """Every hold that still counts, by subject."""
    query = select(schema.holds.c.record).order_by(schema.holds.c.subject, schema.holds.c.code)
    moment = now()
    return [hold for hold in map(Hold.model_validate_json, tx.execute(query).scalars()) if hold.counts_at(moment)]
