"""Whose words a job would follow: the person who asks, and everybody else who had a hand in them since. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from jobs.directives.labels import choosing, parse_labels
from jobs.reasons import Code, Reason, because
from jobs.ticket import Person, Ticket
from worker.trackers.protocol import Act, History


@dataclass(frozen=True)
class Asked:
    """Who asks for a job, and who changed the ticket's words after that."""

    actor: Person
    others: tuple[Person | None, ...] = ()
    """None among them: somebody the tracker does not name."""


def of_delivery(actor: Person, before: Ticket, present: Ticket, history: History) -> Asked:
    """Who is behind a ticket that was delivered.

    Args:
        actor: whose act was delivered; they saw the ticket as it was then.
        before: the ticket as it was delivered.
        present: the ticket as it is now.
        history: of the ticket.
    """
    return _asked(actor, [act.by for act in _between(before, present, history)])


def of_label(present: Ticket, label: str, history: History) -> Asked | Reason:
    """Who is behind a ticket that no delivery told of: who added the managed label, and who changed it after that."""
    added = history.labels.get(label.casefold())
    if added is None or added.by is None:
        sentence = f"Nobody is known to have added the label {label}, so nobody is known to ask for this."
        step = f"Let somebody who may write the repository take the label {label} off and add it again."
        return because(Code.ACTOR_NOT_ALLOWED, sentence, step)
    acts = [history.title, history.body, *_of_labels(choosing(present.labels), present, history)]
    return _asked(added.by, [act.by for act in acts if _is_later(act, added)])


def since(actor: Person, asked: Act, present: Ticket, history: History) -> Asked:
    """Who is behind a ticket that somebody asked for in a comment: they saw it as it was then."""
    acts = [history.title, history.body, *_of_labels(choosing(present.labels), present, history)]
    return _asked(actor, [act.by for act in acts if _is_later(act, asked)])


def _asked(actor: Person, others: list[Person | None]) -> Asked:
    distinct = {person.id.casefold() if person else None: person for person in others}
    distinct.pop(actor.id.casefold(), None)
    return Asked(actor, tuple(distinct.values()))


def _between(before: Ticket, present: Ticket, history: History) -> Iterator[Act]:
    """The acts that made one reading of a ticket into the other."""
    if before.title != present.title:
        yield history.title
    if before.body != present.body:
        yield history.body
    known = set(choosing(before.labels))
    yield from _of_labels([label for label in choosing(present.labels) if label not in known], present, history)


def _of_labels(wanted: list[str], present: Ticket, history: History) -> Iterator[Act]:
    """Who added labels, given as they are understood."""
    for label in present.labels:
        read = parse_labels([label])
        if (read.models or read.repositories) and choosing([label])[0] in wanted:
            yield history.labels.get(label.casefold(), Act(None))


def _is_later(act: Act, than: Act) -> bool:
    """Whether something may have come after; without a moment of its own it was there from the beginning.

    Trackers tell whole seconds: what happened in the same one counts as later.
    """
    return act.at is not None and (than.at is None or act.at >= than.at)
