"""May somebody have a repository written, or read? Asked of the tracker each time, never guessed."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.catalog import Source
from jobs.reasons import Code, Reason, because
from jobs.repository import Repository
from jobs.ticket import Person, Ticket
from worker.duties.approval import Asked
from worker.trackers.protocol import Access, Tracker


@dataclass(frozen=True)
class Gate:
    """What people of a ticket have to pass to have a repository written, or only read."""

    tracker: Tracker
    source: Source
    ticket: Ticket
    repository: Repository
    write: bool = True

    @property
    def doing(self) -> str:
        """What those who do not pass may not do."""
        return "start jobs" if self.write else f"have {self.repository.alias} read"


async def refusal(gate: Gate, asked: Asked) -> Reason | None:
    """Why a job is not started for those who ask for it, or None.

    Raises:
        errors.TryAgain: the tracker does not tell at present.
        errors.NotReady: our credential may not ask.
    """
    actor = await access(gate, asked.actor)
    if not actor.allowed:
        return _denied(gate, asked.actor, actor)
    for other in asked.others:
        if other is None or not (await access(gate, other)).allowed:
            who = other.id if other else "Somebody unknown"
            sentence = f"{who}, who may not {gate.doing} here, changed the ticket after {asked.actor.id} asked for it."
            return because(Code.TEXT_CHANGED, sentence)
    return None


async def access(gate: Gate, person: Person) -> Access:
    """Whether one person may.

    Raises:
        errors.JcaError: as for `refusal`.
    """
    if person.is_bot and person.id.casefold() not in _listed(gate.source):
        return Access(allowed=False, why="it is a bot that is not listed")
    may = gate.tracker.may_write if gate.write else gate.tracker.may_read
    told = await may(person, gate.ticket, gate.repository)
    return told or _by_list(gate.source, person)


def _by_list(source: Source, person: Person) -> Access:
    """Where nobody can be asked: whoever holds the secret of a local source speaks for its people."""
    people = _listed(source)
    open_to_all = (source.kind == "local" and not people) or "*" in people
    if open_to_all or (person.id and person.id.casefold() in people):
        return Access(allowed=True, why="the source allows it")
    return Access(allowed=False, why=f"the list of {source.name} does not have this name")


def _listed(source: Source) -> set[str]:
    return {name.casefold() for name in source.actors}


def _denied(gate: Gate, person: Person, told: Access) -> Reason:
    who = person.id or "An unknown person"
    if person.is_bot:
        return because(Code.BOT_AUTHOR, f"{who} is a bot, and bots do not start jobs here.")
    done = "written" if gate.write else "read"
    sentence = f"{who} may not have {gate.repository.alias} {done}: {told.why}."
    return because(Code.ACTOR_NOT_ALLOWED, sentence, _step(gate, person))


def _step(gate: Gate, person: Person) -> str:
    source, add = gate.source, f"`jca sources add {gate.source.kind} --actor {person.id or 'LOGIN'}`"
    if source.kind == "github" and not source.actors:
        right = "write access to the repository" if gate.write else f"access to {gate.repository.alias}"
        return f"Let somebody with {right} add the label, or answer `/jca retry`."
    return f"Let somebody who may ask for it; an administrator can allow this person with {add}."
