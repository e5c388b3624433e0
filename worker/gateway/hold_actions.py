"""Pausing and resuming: of everything, of one provider account, of one repository, of what sources bring.

Each leaves an audit entry.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from jobs import actors, errors, holds, spending
from jobs.catalog import Catalog
from jobs.holds import Hold
from jobs.ledger import audit, configuration
from jobs.ledger import holds as kept
from jobs.ledger.database import Transaction
from jobs.nearest import listed, nearest
from jobs.reasons import Code, because
from worker.gateway.services import Services
from worker.gateway.stored_sources import provisioned_sources

LONGEST_NOTE = 200  # characters


class Resumed(NamedTuple):
    """What became of the holds of one subject."""

    ended: tuple[Hold, ...]
    left: tuple[Hold, ...]
    """Spend caps: they end by themselves or when the cap is raised."""


async def pause(services: Services, subject: str, note: str, who: str) -> Hold:
    """Let nothing more of a subject be started until somebody resumes it; what runs goes on.

    Args:
        services: the gateway's parts.
        subject: `*`, `account:<name>`, `repository:<alias>`, `intake` or `intake:<source>`.
        note: why, for those who wait; may be empty.
        who: does it.

    Raises:
        errors.NotFound: there is no such account, repository or source.
        errors.BadInput: the subject is of another kind.
    """
    _check_known(subject, await services.catalog(), await services.ledger.read(_sources, services))
    code = Code.INTAKE_PAUSED if holds.of_intake(subject) else Code.PAUSED
    hold = Hold(subject=subject, reason=because(code, _sentence(who, note)), by=who)
    await services.ledger.write(_put, hold, who)
    if holds.of_intake(subject):
        return hold
    with contextlib.suppress(errors.TryAgain):  # the duties bring it to the queue as soon as that answers
        await services.dispatch.hold(subject, None)
    return hold


async def resume(services: Services, subject: str, who: str) -> Resumed:
    """End what holds a subject: pauses, and the waiting for a provider's limit to be reset. Spend caps stay.

    Raises:
        errors.NotFound: nothing holds it.
        errors.Refused: only spend caps hold it.
        errors.TryAgain: the queue does not answer; nothing was changed.
    """
    if holds.of_intake(subject):
        resumed = await services.ledger.write(_end, subject, who, in_queue=False)
        services.wake()
        return resumed
    in_queue = subject in await services.dispatch.holds()
    resumed = await services.ledger.write(_end, subject, who, in_queue=in_queue)
    if resumed.left:
        await services.dispatch.hold(subject, _longest(resumed.left))
    else:
        await services.dispatch.resume(subject)
    return resumed


def may_resume(hold: Hold) -> bool:
    """Whether a person can end it here; a cap ends when it is raised."""
    return hold.by != spending.BY


def _sources(tx: Transaction, services: Services) -> list[str]:
    return [*provisioned_sources(services), *(source.name for source in configuration.sources(tx))]


def _check_known(subject: str, catalog: Catalog, sources: Sequence[str]) -> None:
    kind, _, name = subject.partition(":")
    known = {
        "account": [profile.account for profile in catalog.providers],
        "repository": [repository.alias for repository in catalog.repositories],
        "intake": sources,
    }
    if subject in {holds.EVERYTHING, holds.INTAKE} or name in known.get(kind, ()):
        return
    if kind not in known or not name:
        remedy = "Pause * (everything), account:NAME, repository:ALIAS, intake or intake:SOURCE."
        raise errors.BadInput(f"{subject[:80]!r} is nothing that can be paused.", remedy=remedy)
    what = "source" if kind == holds.INTAKE else kind
    raise errors.NotFound(f"There is no {what} {name[:80]}.", remedy=_proposal(name, known[kind]))


def _proposal(name: str, known: Sequence[str]) -> str:
    hint = f"Did you mean {close}? " if (close := nearest(name, known)) else ""
    return f"{hint}Known: {listed(known)}."


def _sentence(who: str, note: str) -> str:
    words = " ".join(note.split())[:LONGEST_NOTE].rstrip(". ")
    by = actors.named(who)
    return f"Paused by {by}: {words}." if words else f"Paused by {by}."


def _put(tx: Transaction, hold: Hold, who: str) -> None:
    kept.put(tx, hold)
    audit.note(tx, actor=who, action="hold.put", subject=hold.subject, detail=hold.reason.sentence)


def _end(tx: Transaction, subject: str, who: str, *, in_queue: bool) -> Resumed:
    present = [hold for hold in kept.present(tx) if hold.subject == subject]
    ended, left = _parted(present)
    if left and not ended:
        raise errors.Refused(f"It is held by a spend cap: {left[0].reason.sentence}", remedy=left[0].reason.next_step)
    if not ended and not in_queue:
        raise errors.NotFound(f"Nothing holds {subject[:80]}.", remedy="`jca jobs holds` shows what is held.")
    for hold in ended:
        kept.remove(tx, subject, hold.reason.code)
    sentences = " ".join(hold.reason.sentence for hold in ended)
    audit.note(tx, actor=who, action="hold.end", subject=subject, detail=sentences)
    return Resumed(ended, left)


def _parted(present: Sequence[Hold]) -> tuple[tuple[Hold, ...], tuple[Hold, ...]]:
    ended = tuple(hold for hold in present if may_resume(hold))
    return ended, tuple(hold for hold in present if hold not in ended)


def _longest(left: Sequence[Hold]) -> datetime | None:
    ends = [hold.until for hold in left]
    return None if None in ends else max(end for end in ends if end)
