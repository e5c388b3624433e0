"""Whether whoever wrote a command may give it: asked like the actor of a ticket, of the repositories it is about."""

from __future__ import annotations

from datetime import timedelta

from jobs.catalog import Catalog, Source
from jobs.job import Job
from jobs.ledger.commands import Command
from jobs.reasons import Code, Reason, because
from jobs.repository import Repository
from jobs.ticket import Ticket
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


async def approved(office: Office, command: Command, job: Job) -> Ticket | Reason:
    """The ticket as whoever wrote the command saw it, or why they may not give it.

    Raises:
        errors.TryAgain: the tracker does not tell at present.
        errors.NotReady: our credential may not ask.
        errors.JcaError: the ticket cannot be read.
    """
    catalog, source = await office.catalog(), (await office.sources()).get(command.source)
    if source is None:
        return because(Code.SOURCE_MISMATCH, f"The source {command.source} does not exist any more.")
    tracker = await office.tracker(source.name)
    fetched = await tracker.fetch(job.ticket)
    ticket = fetched.ticket if fetched else job.ticket
    asked = await _asked(tracker, command, ticket) if fetched else Asked(command.actor)
    reason: Reason | None = because(Code.ROUTING_MISSING, "There is no repository that this ticket may write.")
    for repository in _concerned(catalog, source, job, ticket):
        reason = await refusal(Gate(tracker, source, ticket, repository), asked)
        if reason is None:
            break
    return reason or ticket


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
    aliases = deciding.writable(source)
    return [one for one in catalog.repositories if aliases is None or one.alias in aliases][:MOST_ASKED]
