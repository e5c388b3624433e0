"""Commands: what comments ask for, each authorized like a ticket, carried out once and answered on the ticket."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from jobs import errors
from jobs.job import Answer, Job, Status
from jobs.ledger import audit, commands, outbox, records
from jobs.ledger.commands import Command
from jobs.ledger.database import Transaction
from jobs.neutral import inert
from jobs.reasons import Reason
from worker import steering
from worker.duties import command_rights, edits, explaining
from worker.duties.command_rights import Approved
from worker.duties.office import Office

log = structlog.get_logger()

MOST_ANSWERS = 5  # shown with one job; what was answered before them is in the audit log


@dataclass(frozen=True)
class Carried:
    """What became of a command."""

    outcome: str
    """One sentence for the record."""
    answer: str = ""
    """Markdown for the ticket; empty: the job's own report says it."""
    change: Callable[[Transaction], object] | None = None
    """What it changes in the record, in the transaction that settles it."""


async def once(office: Office) -> int:
    """Carry out what waits; returns how many were."""
    carried, unreachable = 0, set[str]()
    for command in await office.ledger.read(commands.pending):
        if command.source in unreachable:
            continue
        try:
            await _settle(office, command)
            carried += 1
        except errors.Conflict as overtaken:
            log.info("command_overtaken", command=command.id, why=str(overtaken))
        except (errors.TryAgain, errors.NotReady) as error:
            log.warning("command_postponed", command=command.id, why=str(error))
            unreachable.add(command.source)
    return carried


async def _settle(office: Office, command: Command) -> None:
    job_id = await _job_of(office, command)
    if job_id is None:
        carried = Carried("This ticket has no job.")
    elif command.kind == "edited":
        carried = Carried(await edits.settle(office, command))
    else:
        carried = await _obey(office, command, await office.ledger.read(records.get, job_id))
    try:
        await office.ledger.write(_answered, command, job_id, carried)
    except errors.Conflict as conflict:
        await office.ledger.write(_answered, command, job_id, _refused(command, str(conflict)))


async def _job_of(office: Office, command: Command) -> str | None:
    """The newest job of the ticket that was commented on, or of the one whose pull request that is."""
    if job_id := await office.ledger.read(records.latest_for, command.source, command.ticket_key):
        return job_id
    page = (await office.tracker(command.source)).pull_request_page(command.ticket_key)
    proposed = await office.ledger.read(records.of_pull_request, page) if page else None
    if proposed is None:
        return None
    return await office.ledger.read(records.latest_for, proposed.ticket.source, proposed.ticket.key)


async def _obey(office: Office, command: Command, job: Job) -> Carried:
    try:
        approved = await command_rights.approved(office, command, job)
        if isinstance(approved, Reason):
            return _refused(command, str(approved))
        return await _CARRY_OUT[command.kind](office, command, job, approved)
    except (errors.Conflict, errors.BadInput, errors.Refused) as error:
        return _refused(command, str(error))


def _refused(command: Command, why: str) -> Carried:
    """Only whoever meant a command and gave one is told why not: a slip of somebody without rights is nobody's."""
    answer = "" if command.kind == "unclear" else f"not carried out. {inert(why)}"
    return Carried(f"Not carried out: {why}", answer)


async def _retry(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    del office
    changes = {"ticket": approved.ticket, "actor": approved.actor}
    change = partial(steering.retry, job_id=job.id, who=command.actor.id, changes=changes)
    return Carried("It was started again.", "it starts again.", change)


async def _continue(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    """A job that succeeded stays as it is, and another goes on from there; any other starts again."""
    del office
    if job.status is Status.SUCCEEDED:
        fresh = Job(ticket=approved.ticket, actor=approved.actor, continuation=command.words)
        going_on = partial(_go_on, fresh=fresh, who=command.actor.id)
        return Carried("Another job goes on.", "another job goes on, with what was said.", going_on)
    changes = {"ticket": approved.ticket, "actor": approved.actor, "continuation": command.words}
    change = partial(steering.retry, job_id=job.id, who=command.actor.id, changes=changes)
    return Carried("It was started again.", "it starts again, with what was said.", change)


def _go_on(tx: Transaction, fresh: Job, who: str) -> None:
    records.insert_job(tx, fresh, who="commands", why=f"continued by {who}")


async def _cancel(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    del approved
    stopped = await steering.cancel(office.ledger, office.dispatch, job.id, command.actor.id)
    told = "It was cancelled." if stopped.ended else "Its worker was told to stop."
    return Carried(told, told)


async def _explain(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    del command, job
    return Carried("Explained.", explaining.explained(approved.ticket, await office.catalog()))


async def _advise(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    del office, job, approved
    return Carried("Its author was told how it is spelt.", inert(command.words))


async def _not_yet(office: Office, command: Command, job: Job, approved: Approved) -> Carried:
    del office, job, approved
    told = f"`{command.kind}` has no effect in this version."
    return Carried(f"not_supported_yet: {told}", told)


def _answered(tx: Transaction, command: Command, job_id: str | None, carried: Carried) -> None:
    if not commands.settle(tx, command.id, carried.outcome):
        return
    if carried.change:
        carried.change(tx)
    subject = job_id or command.ticket_key
    audit.note(tx, actor=command.actor.id, action=f"command.{command.kind}", subject=subject, detail=carried.outcome)
    job = records.find(tx, job_id) if job_id else None
    if job is None:
        return
    if carried.answer:
        answers = _appended(
            job.answers, Answer(asked=_SHOWN.get(command.kind, command.kind), by=command.actor.id, text=carried.answer)
        )
        records.save(tx, job.model_copy(update={"answers": answers}), who="commands")
    outbox.owe(tx, job.id, outbox.Effect.REPORT)


def _appended(answers: Sequence[Answer], new: Answer) -> tuple[Answer, ...]:
    return (*(answer for answer in answers if answer != new), new)[-MOST_ANSWERS:]


_SHOWN = {"unclear": "/jca"}
"""What the answer calls commands that have no name."""

_CARRY_OUT: dict[str, Callable[[Office, Command, Job, Approved], Awaitable[Carried]]] = {
    "retry": _retry,
    "continue": _continue,
    "cancel": _cancel,
    "explain": _explain,
    "autofix": _not_yet,
    "unclear": _advise,
}
