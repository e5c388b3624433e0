"""Commands that wait for triage: what comments ask for, and texts that were changed under a job."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import bindparam, select, update

from jobs.commands import Verb
from jobs.identifiers import new_id
from jobs.job import now
from jobs.ledger import schema, upserts
from jobs.ledger.database import Transaction
from jobs.ticket import Person, Ticket

Kind = Verb | Literal["edited"]
"""What is asked for; `edited` cannot be typed: the ticket's text changed while a job works on the earlier one."""


class Command(BaseModel):
    """One command as it is kept."""

    model_config = ConfigDict(frozen=True)

    id: str = Field(default_factory=new_id)
    """ULID in lower case: sorts by time of arrival."""
    source: str
    ticket_key: str
    kind: Kind
    words: str = ""
    """What stands behind the command in the comment. Hostile data."""
    ticket: Ticket | None = None
    """Of `edited`: the ticket with its new text."""
    actor: Person
    """Who wrote the comment or changed the text."""
    comment_id: str
    """The tracker's identifier of the comment; of `edited` one of the job and the new text."""
    comment_url: str = ""
    comment_hash: str = ""
    """SHA-256 of the comment's text, hexadecimal: what the command is bound to."""
    created_at: datetime = Field(default_factory=now)
    outcome: str = ""
    """What became of it; empty while it waits."""


def record(tx: Transaction, command: Command) -> bool:
    """Keep a command; False when this comment's is kept already."""
    values = command.model_dump(mode="json") | {
        "ticket": command.ticket.model_dump_json() if command.ticket else "",
        "actor": command.actor.model_dump_json(),
        "created_at": command.created_at.isoformat(),
    }
    return upserts.add(tx, schema.commands, values)


def pending(tx: Transaction, limit: int = 100) -> list[Command]:
    """Commands nobody has carried out yet, oldest first."""
    return [_command(dict(row)) for row in tx.execute(_PENDING, {"most": limit}).mappings()]


def of_ticket(tx: Transaction, source: str, ticket_key: str, limit: int = 100) -> list[Command]:
    """Commands about a ticket, newest first."""
    table = schema.commands
    mine = select(table).where(table.c.source == source, table.c.ticket_key == ticket_key)
    return [_command(dict(row)) for row in tx.execute(mine.order_by(table.c.id.desc()).limit(limit)).mappings()]


def settle(tx: Transaction, command_id: str, outcome: str) -> bool:
    """Note what became of a command, one sentence; False when it was settled before."""
    return tx.execute(_SETTLE, {"which": command_id, "became": outcome}).rowcount == 1


def _command(row: dict[str, object]) -> Command:
    ticket = str(row.pop("ticket"))
    actor = Person.model_validate_json(str(row.pop("actor")))
    return Command.model_validate(
        row | {"actor": actor, "ticket": Ticket.model_validate_json(ticket) if ticket else None}
    )


_WAITING = schema.commands.c.outcome == ""
_PENDING = select(schema.commands).where(_WAITING).order_by(schema.commands.c.id).limit(bindparam("most"))
_SETTLE = (
    update(schema.commands)
    .where(schema.commands.c.id == bindparam("which"), _WAITING)
    .values(outcome=bindparam("became"))
)
