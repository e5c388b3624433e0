"""Taking tickets in as several receivers on one ledger do, on every database JCA runs on."""

from __future__ import annotations

import asyncio
from collections import Counter

from jobs.catalog import Workspace
from jobs.commands import Asked
from jobs.ledger import commands, deliveries, records
from jobs.ledger.database import Ledger
from jobs.ticket import Person, Ticket
from webhooks.intake import Answer, accept, dismiss, obey
from webhooks.reading import Command, Envelope, Ignored, Intake

TICKET = Ticket(source="github", key="acme/payments#7", title="Refunds", labels=("jca",))
ADA = Person(id="ada")


def _envelope(delivery: str) -> Envelope:
    return Envelope(source="github", delivery_key=delivery, event="issues.labeled", content_hash="0" * 64)


async def _accept(ledger: Ledger, delivery: str) -> Answer:
    return await accept(ledger, Intake(_envelope(delivery), TICKET, ADA, "labeled"), Workspace(), lambda: None)


async def test_receivers_that_hear_of_one_ticket_at_once_make_one_job(ledger: Ledger) -> None:
    answers = await asyncio.gather(*(_accept(ledger, f"d-{number}") for number in range(10)))

    assert Counter(answer.status for answer in answers) == {"accepted": 1, "duplicate": 9}
    (job,) = await ledger.read(records.listing, records.Filter())
    assert len(await ledger.read(deliveries.recent)) == 10
    assert {answer.job_id for answer in answers} == {job.id}


async def test_receivers_that_get_one_delivery_at_once_record_it_once(ledger: Ledger) -> None:
    answers = await asyncio.gather(*(_accept(ledger, "d-1") for _ in range(10)))

    assert Counter(answer.status for answer in answers) == {"accepted": 1, "duplicate": 9}
    assert len(await ledger.read(deliveries.recent)) == 1


async def test_an_ignored_delivery_is_recorded_once_whoever_gets_it(ledger: Ledger) -> None:
    ignored = Ignored(_envelope("d-1"), "the issue is closed", ADA)

    answers = await asyncio.gather(*(dismiss(ledger, ignored) for _ in range(10)))

    assert Counter(answer.status for answer in answers) == {"ignored": 1, "duplicate": 9}
    (kept,) = await ledger.read(deliveries.recent)
    assert (kept.outcome, kept.reason, kept.actor) == ("ignored", "the issue is closed", "ada")


async def test_receivers_that_hear_of_one_comment_at_once_record_one_command(ledger: Ledger) -> None:
    asked = Asked(verb="continue", words="round up")
    told = [Command(_envelope(f"d-{number}"), asked, ADA, "31", "", "0" * 64) for number in range(10)]

    answers = await asyncio.gather(*(obey(ledger, command, lambda: None) for command in told))

    assert Counter((answer.status, answer.reason) for answer in answers) == {
        ("accepted", ""): 1,
        ("duplicate", "command_repeated"): 9,
    }
    (command,) = await ledger.read(commands.pending)
    assert (command.kind, command.words, command.actor, command.ticket) == ("continue", "round up", ADA, None)
    assert await ledger.write(commands.settle, command.id, "The job goes on.")
    assert await ledger.read(commands.pending) == []


async def test_an_edited_ticket_is_kept_whole_with_the_command(ledger: Ledger) -> None:
    await _accept(ledger, "d-1")
    edited = TICKET.model_copy(update={"title": "Refunds, again"})

    answer = await accept(ledger, Intake(_envelope("d-2"), edited, ADA, "edited"), Workspace(), lambda: None)

    assert (answer.status, answer.command) == ("accepted", "edited")
    (command,) = await ledger.read(commands.pending)
    assert command.ticket == edited
