"""Taking a delivery in: once, and recorded before the sender is answered."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from ulid import ULID

from jobs import errors
from jobs.catalog import Workspace
from jobs.directives import Parsed, parse_directives
from jobs.eligibility import eligible
from jobs.job import Job, now
from jobs.ledger import deliveries, records
from jobs.ledger.database import Ledger, Transaction
from jobs.ticket import Delivery, Person, Ticket
from webhooks.reading import Envelope, Ignored, Intake

PARSED_HERE = 16 * 1024  # characters of a ticket's body; triage reads longer ones
KEPT = 64 * 1024  # bytes of a raw body that are kept with an accepted delivery
SAME_TEXT = timedelta(minutes=10)
"""One act of a person makes several deliveries; within this time the same text of a ticket makes one job."""


@dataclass(frozen=True)
class Answer:
    """What became of a delivery."""

    status: Literal["accepted", "duplicate", "ignored"]
    reason: str = ""
    job_id: str | None = None


async def accept(
    ledger: Ledger,
    intake: Intake,
    body: bytes,
    workspace: Workspace,
    wake: Callable[[], None],
) -> Answer:
    """Record a job for a ticket, unless this delivery, ticket or text already has one.

    Args:
        ledger: where delivery, job and first transition are written, together or not at all.
        intake: what the delivery asks for.
        body: the raw delivery, kept compressed when it is short enough.
        workspace: decides whether the ticket is eligible.
        wake: called after a new job is recorded; must not wait.

    Raises:
        errors.TryAgain: nothing was recorded; the sender should deliver again.
    """
    parsed = parse_directives(intake.ticket.body, flavor=intake.ticket.flavor) if _short(intake.ticket) else None
    if refusal := eligible(intake.ticket, parsed, workspace):
        return await dismiss(ledger, Ignored(intake.envelope, refusal, intake.actor))
    job = _job(intake, parsed)
    kept = zlib.compress(body, level=1) if len(body) <= KEPT else b""  # level 1: a sender waits meanwhile
    async with ledger.write() as tx:
        answer = await _settle(tx, intake, job, kept)
    if answer.status == "accepted":
        wake()
    return answer


async def dismiss(ledger: Ledger, ignored: Ignored) -> Answer:
    """Record a delivery that starts nothing, with the reason.

    Raises:
        errors.TryAgain: it was not recorded; the sender should deliver again.
    """
    answer = Answer("ignored", ignored.reason)
    async with ledger.write() as tx:
        if repeated := await _repeated(tx, ignored.envelope):
            return repeated
        await _keep(tx, ignored.envelope, ignored.actor, answer)
    return answer


async def _settle(tx: Transaction, intake: Intake, job: Job, body: bytes) -> Answer:
    await records.lock_ticket(tx, job.ticket.source, job.ticket.key)
    if repeated := await _repeated(tx, intake.envelope):
        return repeated
    if twin := await _twin(tx, intake.ticket):
        await _keep(tx, intake.envelope, intake.actor, twin)
        return twin
    accepted = Answer("accepted", job_id=job.id)
    await records.insert_job(tx, job, who="webhooks", why=f"{intake.envelope.event} by {intake.actor.id}")
    await _keep(tx, intake.envelope, intake.actor, accepted, body)
    return accepted


def _short(ticket: Ticket) -> bool:
    return len(ticket.body) <= PARSED_HERE


def _job(intake: Intake, parsed: Parsed | None) -> Job:
    job = Job(ticket=intake.ticket, actor=intake.actor)
    return job.model_copy(update={"directives": parsed.directives}) if parsed else job


async def _repeated(tx: Transaction, envelope: Envelope) -> Answer | None:
    first = await deliveries.seen(tx, envelope.source, envelope.delivery_key, envelope.content_hash)
    return Answer("duplicate", "delivery_repeated", first.job_id) if first else None


async def _twin(tx: Transaction, ticket: Ticket) -> Answer | None:
    if unfinished := await records.unfinished_for(tx, ticket.source, ticket.key):
        return Answer("duplicate", "job_unfinished", unfinished.id)
    same_text = await records.with_fingerprint(tx, ticket.source, ticket.fingerprint(), now() - SAME_TEXT)
    return Answer("duplicate", "ticket_unchanged", same_text) if same_text else None


async def _keep(tx: Transaction, envelope: Envelope, actor: Person | None, answer: Answer, body: bytes = b"") -> None:
    delivery = Delivery(
        id=str(ULID()).lower(),
        source=envelope.source,
        key=envelope.delivery_key,
        content_hash=envelope.content_hash,
        event=envelope.event,
        actor=actor,
        outcome=answer.status,
        reason=answer.reason,
        job_id=answer.job_id,
        body=body,
    )
    if not await deliveries.record(tx, delivery):
        raise errors.TryAgain("Another receiver is recording the same delivery.")
