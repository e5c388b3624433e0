"""Reading a job's ticket as its tracker shows it now, with whoever is behind its words."""

from __future__ import annotations

from dataclasses import dataclass

from jobs import errors
from jobs.attachment import Attachment
from jobs.job import Job
from jobs.reasons import Code, Reason, because
from jobs.ticket import Ticket
from worker.duties import approval
from worker.duties.approval import Asked
from worker.trackers.protocol import History, Tracker


@dataclass(frozen=True)
class Reading:
    """A ticket as it is now, and who asks for it."""

    ticket: Ticket
    asked: Asked
    closed: bool = False
    attachments: tuple[Attachment, ...] = ()
    notes: tuple[str, ...] = ()
    """What of it is not followed, as sentences."""


async def read(tracker: Tracker, job: Job, label: str) -> Reading | Reason:
    """The ticket of a job as it is now, or why it can be followed no more.

    Args:
        tracker: of the ticket.
        job: as it was received; without an actor where no delivery told of it.
        label: the managed one.

    Raises:
        errors.TryAgain: the tracker does not tell at present, or the ticket is being edited.
        errors.NotReady: our credential may not ask.
    """
    try:
        fetched = await tracker.fetch(job.ticket)
        present = fetched.ticket if fetched else job.ticket
        asked = await _asked(tracker, job, present, label)
    except (errors.BadInput, errors.Refused) as error:
        return because(Code.TICKET_GONE, error.message)
    if isinstance(asked, Reason):
        return asked
    return Reading(present, asked, fetched.closed, fetched.attachments) if fetched else Reading(present, asked)


async def history_of(tracker: Tracker, present: Ticket) -> History | None:
    """The history that belongs to exactly this reading of a ticket.

    Raises:
        errors.TryAgain: the ticket was changed meanwhile, so that its history may be of other words.
        errors.JcaError: as `Tracker.fetch`.
    """
    history = await tracker.history(present)
    again = await tracker.fetch(present)
    if again and again.ticket.fingerprint() != present.fingerprint():
        raise errors.TryAgain("The ticket is being edited at this moment.")
    return history


async def _asked(tracker: Tracker, job: Job, present: Ticket, label: str) -> Asked | Reason:
    if job.actor and job.ticket.fingerprint() == present.fingerprint():
        return Asked(job.actor)
    history = await history_of(tracker, present)
    if job.actor:
        return approval.of_delivery(job.actor, job.ticket, present, history) if history else Asked(job.actor)
    if history is None:
        sentence = "Nobody is known to have asked for this."
        return because(Code.ACTOR_NOT_ALLOWED, sentence, "Send the ticket with the person who asks for it.")
    return approval.of_label(present, label, history)
