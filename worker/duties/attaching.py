"""Which files of a ticket a run is given: those of people whose words it would follow as well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from jobs.attachment import chosen, newest_first
from jobs.ticket import Person
from worker.duties.authorizing import Gate, access
from worker.duties.reading import Reading

MOST_PEOPLE = 20
"""Of whom the tracker is asked, those who attached a file last; files of others are left out."""


async def narrowed(gates: Sequence[Gate], read: Reading) -> Reading:
    """A reading with the files that are given alone, and a note for each of the others.

    Args:
        gates: what everybody behind the ticket has to pass; those who ask for it have passed.
        read: the ticket with all that hangs at it.

    Raises:
        errors.JcaError: as `authorizing.access`.
    """
    passed = {person.id: "" for person in (read.asked.actor, *read.asked.others) if person and person.id}
    asked = dict(passed)
    barred: dict[str, str] = {}
    for file in newest_first(read.attachments):
        if file.unfit:
            continue
        who = file.author.id if file.author else ""
        if who not in asked:
            full = len(asked) - len(passed) >= MOST_PEOPLE
            asked[who] = "too many people attached files" if full else await _lacking(gates, file.author)
        barred[file.id] = asked[who]
    choice = chosen(read.attachments, barred)
    return replace(read, attachments=choice.given, notes=choice.left_out)


async def _lacking(gates: Sequence[Gate], author: Person | None) -> str:
    """Why files of somebody are left out; empty when they are not."""
    if author is None or not author.id:
        return "nobody knows who attached it"
    for gate in gates:
        if not (await access(gate, author)).allowed:
            return f"it was attached by {author.id}, who may not {gate.doing} here"
    return ""
