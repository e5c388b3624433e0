"""Whether whoever wrote a command may give it: asked like the actor of a ticket, of the repositories it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from jobs.catalog import Catalog, Source
from jobs.job import Job
from jobs.ledger.commands import Command
from jobs.reach import Reach
from jobs.reasons import Code, Reason, because
from jobs.repository import Repository
from jobs.ticket import Person, Ticket
from worker.duties import deciding, reading
from worker.duties.approval import Asked, since
from worker.duties.authorizing import Gate, refusal
from worker.duties.office import Office
from worker.trackers.protocol import Act, Tracker

BINDING = frozenset({"retry", "continue"})
"""Commands that approve of what the ticket says; the others only stop or ask."""

READ_BEFORE = timedelta(minutes=1)
"""How long before a comment reached us its author may last have read the ticket: what others changed later than that
is not approved by it."""

MOST_ASKED = 5  # repositories somebody is looked up in, where the job has none yet


@dataclass(frozen=True)
class Approved:
    """What a command that may be given is about."""

    ticket: Ticket
    actor: Person | None
    """Who asks for the job from then on."""


async def approved(office: Office, command: Command, job: Job) -> Approved | Reason:
    """The ticket as whoever wrote the command saw it, or why they may not give it.

    Raises:
        errors.TryAgain: the tracker does not tell at present.
        errors.NotReady: our credential may not ask.
        errors.JcaError: the ticket cannot be read.
    """
    catalog, source = await office.catalog(), (await office.sources()).get(command.source)
    if source is None:
        return because(Code.SOURCE_MISMATCH, f"The source {command.source} does not exist any more.")
    if command.kind == "unclear" and command.actor.is_bot:
        return because(Code.BOT_AUTHOR, "Bots are not told how a command is spelt.")
    tracker = await office.tracker(source.name)
    if command.source != job.ticket.source:
        return await _at_the_code_host(Desk(catalog, source, tracker), command, job)
    return await _at_the_ticket(Desk(catalog, source, tracker), command, job)


@dataclass(frozen=True)
class Desk:
    """Where a command was given, and what is configured."""

    catalog: Catalog
    source: Source
    tracker: Tracker


async def _at_the_ticket(desk: Desk, command: Command, job: Job) -> Approved | Reason:
    fetched = await desk.tracker.fetch(job.ticket)
    ticket = fetched.ticket if fetched else job.ticket
    asked = await _asked(desk.tracker, command, ticket) if fetched else Asked(command.actor)
    reason: Reason | None = because(Code.ROUTING_MISSING, "There is no repository that this ticket may write.")
    for repository in _concerned(desk.catalog, desk.source, job, ticket):
        reason = await refusal(Gate(desk.tracker, desk.source, ticket, repository), asked)
        if reason is None:
            break
    return reason or Approved(ticket, command.actor)


async def _at_the_code_host(desk: Desk, command: Command, job: Job) -> Approved | Reason:
    """Of a comment on the pull request of another tracker's ticket, whose people are strangers to that tracker.

    They are asked of the repository, as the source they wrote through may have it written. Of the ticket they approve
    nothing: triage asks for those who asked before them.
    """
    repository = Reach.of(desk.source, desk.catalog).to_write(job.repository)
    if isinstance(repository, Reason):
        return repository
    reason = await refusal(Gate(desk.tracker, desk.source, job.ticket, repository), Asked(command.actor))
    return reason or Approved(job.ticket, job.actor)


async def _asked(tracker: Tracker, command: Command, ticket: Ticket) -> Asked:
    history = await reading.history_of(tracker, ticket) if command.kind in BINDING else None
    if history is None:
        return Asked(command.actor)
    return since(command.actor, Act(command.actor, command.created_at - READ_BEFORE), ticket, history)


def _concerned(catalog: Catalog, source: Source, job: Job, ticket: Ticket) -> list[Repository]:
    """The repository of the job, else the one the ticket leads to, else those it may lead to."""
    if known := catalog.repository(job.repository):
        return [known]
    decision = deciding.decide(ticket, catalog, source)
    if isinstance(decision, deciding.Admitted):
        return [decision.repository]
    return Reach.of(source, catalog).writable[:MOST_ASKED]
