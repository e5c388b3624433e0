"""What arrived, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from isal import isal_zlib
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ColumnElement, insert, or_, select

from jobs import errors
from jobs.job import now
from jobs.ledger import pairs, schema, upserts
from jobs.ledger.database import Transaction
from jobs.ledger.prepared import Prepared
from jobs.ticket import Delivery

LARGEST_BODY = 64 * 1024  # bytes; a larger one is not kept, and cut off it would be of no use


class Received(BaseModel):
    """One line of the delivery log."""

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    ticket_key: str
    """Empty when it tells of no ticket."""
    event: str
    actor: str
    outcome: str
    reason: str
    job_id: str | None
    received_at: datetime


class Stored(BaseModel):
    """A delivery as it arrived, as far as it is kept."""

    model_config = ConfigDict(frozen=True)

    source: str
    key: str
    """The sender's own identifier."""
    event: str
    """What the sender calls it: `issues.opened`."""
    body: bytes
    """Raw, as it was verified."""


class Filter(BaseModel):
    """What a list of deliveries is narrowed to; empty fields do not narrow."""

    model_config = ConfigDict(frozen=True)

    source: str = ""
    ticket: str = ""
    """Key of the ticket they tell of: `PAY-412`, `acme/payments#7`."""
    outcome: str = ""
    """`accepted`, `duplicate` or `ignored`."""
    text: str = ""
    """Part of the event, the actor, the reason or the sender's identifier, without regard to case."""
    before: str = ""
    """Identifier of the last delivery already seen: newest first, keyset paging."""


def record(tx: Transaction, delivery: Delivery) -> bool:
    """Keep a delivery; False if the same one (source, sender's id and content) is already kept."""
    return upserts.add(tx, schema.deliveries, _columns(delivery))


def record_new(tx: Transaction, fresh: Sequence[Delivery]) -> None:
    """Keep deliveries, at least one, none of which is kept already."""
    _INSERT.change_all(tx, [_columns(delivery) for delivery in fresh])


def known(tx: Transaction, keys: Sequence[pairs.Pair]) -> set[pairs.Pair]:
    """Of these sources and sender's ids those under which some delivery is kept, whatever its content."""
    table = schema.deliveries.c
    return pairs.present(tx, (table.source, table.key), keys)


def seen(tx: Transaction, source: str, key: str, content_hash: str) -> Received | None:
    """The delivery kept under this sender's id and content, or None."""
    table = schema.deliveries
    same = (table.c.source == source, table.c.key == key, table.c.content_hash == content_hash)
    row = tx.execute(select(table).where(*same)).mappings().first()
    return Received.model_validate(dict(row)) if row else None


def stored(tx: Transaction, delivery_id: str) -> Stored:
    """What was kept of a delivery as it arrived.

    Raises:
        errors.NotFound: there is none of this id.
        errors.Conflict: its body was too large to be kept, or is forgotten by now.
    """
    table = schema.deliveries.c
    row = tx.execute(select(table.source, table.key, table.event, table.body).where(table.id == delivery_id)).first()
    if row is None:
        raise errors.NotFound(f"There is no delivery {delivery_id}.")
    if not row.body:
        remedy = "Let its sender deliver it again, or use `jca replay` with a recorded one."
        raise errors.Conflict(f"The body of delivery {delivery_id} is not kept any more.", remedy=remedy)
    return Stored(source=row.source, key=row.key, event=row.event, body=isal_zlib.decompress(row.body))


def listing(tx: Transaction, wanted: Filter, *, limit: int = 50) -> list[Received]:
    """Deliveries that match, newest first, at most `limit`."""
    table = schema.deliveries
    query = select(*(table.c[name] for name in Received.model_fields)).where(*_conditions(wanted))
    rows = tx.execute(query.order_by(table.c.id.desc()).limit(limit)).mappings()
    return [Received.model_validate(dict(row)) for row in rows]


def recent(tx: Transaction, limit: int = 50) -> list[Received]:
    """The newest deliveries, newest first."""
    return listing(tx, Filter(), limit=limit)


def _columns(delivery: Delivery) -> dict[str, object]:
    return {
        "id": delivery.id,
        "source": delivery.source,
        "key": delivery.key,
        "content_hash": delivery.content_hash,
        "ticket_key": delivery.ticket_key,
        "event": delivery.event,
        "actor": delivery.actor.id if delivery.actor else "",
        "outcome": delivery.outcome,
        "reason": delivery.reason,
        "job_id": delivery.job_id,
        "body": _packed(delivery.body),
        "received_at": now().isoformat(),
    }


def _packed(body: bytes) -> bytes:
    """Compressed the quickest way: that costs less than writing all of it to the disk would."""
    return isal_zlib.compress(body) if 0 < len(body) <= LARGEST_BODY else b""


def _conditions(wanted: Filter) -> Iterator[ColumnElement[bool]]:
    column = schema.deliveries.c
    if wanted.source:
        yield column.source == wanted.source
    if wanted.ticket:
        yield column.ticket_key == wanted.ticket
    if wanted.outcome:
        yield column.outcome == wanted.outcome
    if wanted.text:
        searched = (column.event, column.actor, column.reason, column.key)
        yield or_(*(part.icontains(wanted.text, autoescape=True) for part in searched))
    if wanted.before:
        yield column.id < wanted.before


_INSERT = Prepared(insert(schema.deliveries))
