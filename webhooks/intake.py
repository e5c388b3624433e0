"""Taking a delivery in: once, and recorded before the sender is answered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from jobs.catalog import Workspace
from jobs.directives import has_block
from jobs.eligibility import eligible
from jobs.identifiers import new_id
from jobs.job import Job, now
from jobs.ledger import commands, deliveries, records, twins
from jobs.ledger.database import Ledger, Transaction
from jobs.ticket import Delivery, Person, Ticket
from webhooks.reading import Command, Envelope, Ignored, Intake

SEARCHED_HERE = 16 * 1024  # characters of a ticket's body; triage looks through longer ones
SAME_TEXT = timedelta(minutes=10)
"""One act of a person makes several deliveries; within this time the same text of a ticket makes one job."""
AFTERTHOUGHTS = frozenset({"edited", "assigned"})
"""Acts that people do to a finished ticket as well, to tick a box or to hand it over: they ask for no second job."""


@dataclass(frozen=True)
class Answer:
    """What became of a delivery."""

    status: Literal["accepted", "duplicate", "ignored"]
    reason: str = ""
    job_id: str | None = None
    command: str = ""
    """The kind of command that was recorded."""
    detail: str = ""
    """The reason in words, where the code alone does not say enough."""


@dataclass(frozen=True)
class Taking:
    """A ticket with the job that it becomes, unless something speaks against it."""

    intake: Intake
    job: Job
    refusal: str | None = None
    """Why the ticket starts no work by itself; an edit of it may still reach the job at work on it."""


async def accept(ledger: Ledger, intake: Intake, workspace: Workspace, wake: Callable[[], None]) -> Answer:
    """Record a job for a ticket, unless this delivery, ticket or text already has one.

    A ticket whose text was edited while a job works on the earlier text is recorded as the command `edited` instead.

    Args:
        ledger: where delivery, job and first transition are written, together or not at all.
        intake: what the delivery asks for.
        workspace: decides whether the ticket is eligible.
        wake: called after something new is recorded; must not wait.

    Raises:
        errors.TryAgain: nothing was recorded; the sender should deliver again.
    """
    refusal = eligible(intake.ticket, workspace, has_block=_has_block(intake.ticket))
    if refusal and intake.trigger != "edited":
        return await dismiss(ledger, Ignored(intake.envelope, refusal, intake.actor))
    taking = Taking(intake, Job(ticket=intake.ticket, actor=intake.actor), refusal)
    return _woken(await ledger.write_together(settle, taking), wake)


async def obey(ledger: Ledger, command: Command, wake: Callable[[], None]) -> Answer:
    """Record the command of a comment for triage, once however many deliveries tell of the comment.

    Raises:
        errors.TryAgain: nothing was recorded; the sender should deliver again.
    """
    return _woken(await ledger.write(_command, command), wake)


async def dismiss(ledger: Ledger, ignored: Ignored) -> Answer:
    """Record a delivery that starts nothing, with the reason.

    Raises:
        errors.TryAgain: it was not recorded; the sender should deliver again.
    """
    answer = Answer("ignored", ignored.reason, detail=ignored.detail)
    return await ledger.write(_keep, ignored.envelope, ignored.actor, answer)


def _woken(answer: Answer, wake: Callable[[], None]) -> Answer:
    if answer.status == "accepted":
        wake()
    return answer


def settle(tx: Transaction, takings: Sequence[Taking]) -> list[Answer]:
    """Decide about tickets and record what becomes of them, as if one after the other.

    Of several, those that nothing can speak against are recorded together.
    """
    if len(takings) == 1:
        return [_settle(tx, takings[0])]
    fresh = _fresh(tx, takings)
    if fresh:
        _record(tx, fresh)
    promised = {taking.job.id for taking in fresh}
    return [_accepted(taking) if taking.job.id in promised else _settle(tx, taking) for taking in takings]


def _fresh(tx: Transaction, takings: Sequence[Taking]) -> list[Taking]:
    """Those of whose ticket and of whose delivery neither the ledger nor one before them knows anything."""
    tickets = twins.with_jobs(tx, [taking.intake.ticket for taking in takings])
    delivered = deliveries.known(tx, [taking.intake.envelope.identity for taking in takings])
    fresh = list[Taking]()
    for taking in takings:
        ticket, delivery = (taking.intake.ticket.source, taking.intake.ticket.key), taking.intake.envelope.identity
        if not taking.refusal and ticket not in tickets and delivery not in delivered:
            fresh.append(taking)
        tickets.add(ticket)
        delivered.add(delivery)
    return fresh


def _record(tx: Transaction, fresh: Sequence[Taking]) -> None:
    kept = [_delivery(taking.intake.envelope, taking.intake.actor, _accepted(taking)) for taking in fresh]
    deliveries.record_new(tx, kept)
    records.insert_jobs(tx, [(taking.job, _why(taking.intake)) for taking in fresh], who="webhooks")


def _accepted(taking: Taking) -> Answer:
    return Answer("accepted", job_id=taking.job.id)


def _why(intake: Intake) -> str:
    return f"{intake.envelope.event} by {intake.actor.id}"


def _settle(tx: Transaction, taking: Taking) -> Answer:
    intake, job = taking.intake, taking.job
    envelope, ticket = intake.envelope, intake.ticket
    twins.lock(tx, ticket)
    found = twins.find(tx, ticket, now() - SAME_TEXT)
    if found.unfinished:
        return _edit(tx, intake, found.unfinished) or _keep(tx, envelope, intake.actor, _duplicate(found))
    if taking.refusal:
        return _keep(tx, envelope, intake.actor, Answer("ignored", taking.refusal))
    if found.same_text:
        return _keep(tx, envelope, intake.actor, _duplicate(found))
    if intake.trigger in AFTERTHOUGHTS and (done := twins.succeeded(tx, ticket)):
        return _keep(tx, envelope, intake.actor, Answer("duplicate", "job_succeeded", done))
    answer = _keep(tx, envelope, intake.actor, _accepted(taking))
    if answer.status == "accepted":
        records.insert_job(tx, job, who="webhooks", why=_why(intake))
    return answer


def _duplicate(found: twins.Twins) -> Answer:
    reason = "job_unfinished" if found.unfinished else "ticket_unchanged"
    return Answer("duplicate", reason, found.unfinished or found.same_text)


def _edit(tx: Transaction, intake: Intake, job_id: str) -> Answer | None:
    """Record that the text of an unfinished job's ticket changed; None when it did not."""
    text = intake.ticket.fingerprint()
    if intake.trigger != "edited" or records.get(tx, job_id).ticket.fingerprint() == text:
        return None
    edited = commands.Command(
        source=intake.ticket.source,
        ticket_key=intake.ticket.key,
        kind="edited",
        ticket=intake.ticket,
        actor=intake.actor,
        comment_id=f"{job_id}:{text}",
    )
    fresh, repeated = Answer("accepted", "", job_id, "edited"), Answer("duplicate", "edit_repeated", job_id)
    return _keep(tx, intake.envelope, intake.actor, fresh if commands.record(tx, edited) else repeated)


def _command(tx: Transaction, command: Command) -> Answer:
    asked = commands.Command(
        source=command.envelope.source,
        ticket_key=command.envelope.ticket_key,
        kind=command.asked.verb,
        words=command.asked.words,
        actor=command.actor,
        comment_id=command.comment_id,
        comment_url=command.comment_url,
        comment_hash=command.comment_hash,
    )
    fresh, repeated = Answer("accepted", command=asked.kind), Answer("duplicate", "command_repeated")
    return _keep(tx, command.envelope, command.actor, fresh if commands.record(tx, asked) else repeated)


def _has_block(ticket: Ticket) -> bool:
    """Whether the body has a block; what it asks for is read by triage. Of a long body its likeness is enough."""
    if len(ticket.body) > SEARCHED_HERE:
        return "[jca" in ticket.body.lower()
    return has_block(ticket.body, flavor=ticket.flavor)


def _keep(tx: Transaction, envelope: Envelope, actor: Person | None, answer: Answer) -> Answer:
    """Keep the delivery with its answer; if it is kept already, the answer is that."""
    if deliveries.record(tx, _delivery(envelope, actor, answer)):
        return answer
    first = deliveries.seen(tx, envelope.source, envelope.delivery_key, envelope.content_hash)
    return Answer("duplicate", "delivery_repeated", first.job_id if first else None)


def _delivery(envelope: Envelope, actor: Person | None, answer: Answer) -> Delivery:
    return Delivery(
        id=new_id(),
        source=envelope.source,
        key=envelope.delivery_key,
        content_hash=envelope.content_hash,
        ticket_key=envelope.ticket_key,
        event=envelope.event,
        actor=actor,
        outcome=answer.status,
        reason=f"{answer.reason}: {answer.detail}" if answer.detail else answer.reason,
        job_id=answer.job_id,
        body=envelope.body,
    )
