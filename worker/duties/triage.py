"""Triage: the ticket as it is now, who is behind it, and what becomes of it. Admits or denies, with one reason."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from jobs import errors, holds
from jobs.catalog import Catalog, Source
from jobs.holds import Hold
from jobs.job import Job, Status, advance, now
from jobs.ledger import holds as kept_holds
from jobs.ledger import outbox, records
from jobs.ledger.database import Transaction
from jobs.reasons import Code, Reason, because
from jobs.slug import branch_name
from jobs.ticket import Person
from worker.duties import attaching, dispatching, reading
from worker.duties.approval import Asked
from worker.duties.authorizing import Gate, refusal
from worker.duties.deciding import Admitted, decide
from worker.duties.office import Office
from worker.duties.reading import Reading

log = structlog.get_logger()

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(minutes=5)
"""How long a job waits for a tracker that does not tell; twice as long each time."""

PATIENCE = 2
"""Jobs of one source whose tracker may fail before the others are left for the next time."""


@dataclass(frozen=True)
class Present:
    """What holds for all decisions of one look."""

    catalog: Catalog
    sources: dict[str, Source]
    held: Collection[Hold]


async def once(office: Office) -> int:
    """Decide what was received, as far as it can be decided now; returns how many were looked at."""
    waiting = await office.ledger.read(records.sources_with, Status.RECEIVED)
    if not waiting:
        return 0
    held = await office.ledger.read(kept_holds.present)
    present = Present(await office.catalog(), await office.sources(), held)
    async with asyncio.TaskGroup() as group:  # a source whose tracker is slow keeps no other waiting
        looks = [group.create_task(_of_source(office, present, name)) for name in sorted(waiting)]
    return sum(look.result() for look in looks)


async def _of_source(office: Office, present: Present, name: str) -> int:
    received = await office.ledger.read(records.with_status, [Status.RECEIVED], source=name)
    if hold := holds.of_source(name, present.held):
        await _leave(office, received, hold.reason)
        return 0
    due, failures = [job for job in received if job.again_at is None or job.again_at <= now()], 0
    for place, job in enumerate(due):
        try:
            await _look(office, present, job)
        except errors.JcaError as error:
            failures += 1
            if failures == PATIENCE:
                await _put_off(office, due[place:], error)
                break
            await _put_off(office, [job], error)
    return len(due)


async def _look(office: Office, present: Present, job: Job) -> None:
    try:
        read, decision = await _decided(office, present, job)
    except errors.JcaError:
        raise
    except Exception as error:  # a ticket nobody can read must not keep all others waiting
        log.exception("triage_broke", **job.log_context())
        sentence = f"JCA itself failed in triage: {type(error).__name__}: {error}."
        read, decision = _as_delivered(job), because(Code.INTERNAL_ERROR, sentence)
    try:
        if isinstance(decision, Reason):
            await office.ledger.write(_deny, job, decision, read.asked.actor)
        else:
            await _admit(office, job, read, decision, present)
    except errors.Conflict:
        log.info("triage_overtaken", **job.log_context())


async def _decided(office: Office, present: Present, job: Job) -> tuple[Reading, Admitted | Reason]:
    source = present.sources.get(job.ticket.source)
    if source is None:
        sentence = f"The source {job.ticket.source} does not exist any more."
        step = "Add it with `jca sources add`, then retry the job."
        return _as_delivered(job), because(Code.SOURCE_MISMATCH, sentence, step)
    tracker = await office.tracker(source.name)
    read = await reading.read(tracker, job, present.catalog.workspace.managed_label)
    if isinstance(read, Reason):
        return _as_delivered(job), read
    decision = decide(read.ticket, present.catalog, source, closed=read.closed)
    if isinstance(decision, Admitted):
        gates = [Gate(tracker, source, read.ticket, decision.repository)]
        beside = [one.repository for one in decision.context if one.repository != decision.repository]
        gates += [Gate(tracker, source, read.ticket, one, write=False) for one in beside]
        if reason := await _refused(gates, read.asked):
            return read, reason
        return await attaching.narrowed(gates, read), decision
    return read, decision


async def _refused(gates: Sequence[Gate], asked: Asked) -> Reason | None:
    for gate in gates:
        if reason := await refusal(gate, asked):
            return reason
    return None


def _as_delivered(job: Job) -> Reading:
    return Reading(job.ticket, Asked(job.actor or Person(id="")))


def _deny(tx: Transaction, job: Job, reason: Reason, actor: Person) -> None:
    """The ticket stays as it was delivered: who may not change it has not changed it."""
    records.save(tx, advance(job, Status.DENIED, reason, actor=actor if actor.id else job.actor), who="triage")
    outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _admit(office: Office, job: Job, read: Reading, admitted: Admitted, present: Present) -> None:
    queued = advance(
        job,
        Status.QUEUED,
        ticket=read.ticket,
        actor=read.asked.actor,
        directives=admitted.parsed.directives,
        repository=admitted.repository.alias,
        routed=admitted.routed,
        selection=admitted.selection,
        notes=(*admitted.notes, *read.notes),
        attachments=read.attachments,
        branch=job.branch or branch_name(read.ticket.key, read.ticket.title),
        run=job.run + 1,
    )
    queued = await office.ledger.write(_queue, queued)
    try:
        await dispatching.dispatch(office, queued, present.catalog, await office.ledger.read(kept_holds.present))
    except errors.TryAgain as error:  # it is promised; reconcile dispatches it when the queue is back
        log.warning("dispatch_postponed", why=str(error), **queued.log_context())


def _queue(tx: Transaction, queued: Job) -> Job:
    steps = queued.selection.because if queued.selection else ()
    why = next((step.text for step in steps if step.outcome == "chosen"), "")
    saved = records.save(tx, queued, who="triage", why=why)
    outbox.owe(tx, saved.id, outbox.Effect.REPORT)
    return saved


async def _put_off(office: Office, waiting: Sequence[Job], error: errors.JcaError) -> None:
    reason = because(Code.TRACKER_UNAVAILABLE, error.message, error.remedy)
    for job in waiting:
        log.info("triage_postponed", why=error.message, **job.log_context())
        until = error.until if isinstance(error, errors.TryAgain) else None
        again = max(filter(None, (until, now() + _wait(job))))
        await _note(office, job.model_copy(update={"reason": reason, "again_at": again}))


def _wait(job: Job) -> timedelta:
    before = job.again_at - job.updated_at if job.again_at else FIRST_WAIT / 2
    return min(max(2 * before, FIRST_WAIT), LONGEST_WAIT)


async def _leave(office: Office, waiting: Sequence[Job], reason: Reason) -> None:
    for job in waiting:
        if job.reason != reason:
            await _note(office, job.model_copy(update={"reason": reason}))


async def _note(office: Office, job: Job) -> None:
    try:
        await office.ledger.write(records.save, job, who="triage")
    except errors.Conflict:
        log.info("triage_overtaken", **job.log_context())
