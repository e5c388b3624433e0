"""Publish: every effect that is owed outside, until it is there or cannot be.

One job's effects are performed in their order, those of different jobs side by side. Before each the job is proved to
be current: this process leads, and the record is the one that was looked at.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta

import structlog

from jobs import errors
from jobs.job import now
from jobs.ledger import audit, outbox, records
from jobs.ledger.database import Transaction
from worker.duties import concluding, pull_requests, reporting
from worker.duties.office import Office

log = structlog.get_logger()

MOST_ATTEMPTS = 9
"""Tries of one effect, over about nine minutes, before a person has to look."""

PERMANENT = (errors.BadInput, errors.NotFound, errors.NotReady, errors.Refused)
"""What another try will not change."""

AT_ONCE = 8  # jobs whose effects are performed side by side
SOON = timedelta(seconds=1)

_ORDER = tuple(outbox.Effect)
"""Of one job's effects: the report comes last, since it tells of the others."""


async def once(office: Office) -> int:
    """Perform what is due; returns how much that was."""
    due = await office.ledger.read(outbox.due)
    by_job: dict[str, list[outbox.Owed]] = defaultdict(list)
    for owed in due:
        by_job[owed.job_id].append(owed)
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        for of_job in by_job.values():
            group.create_task(_perform_all(office, of_job, places))
    return len(due)


async def _perform_all(office: Office, of_job: Sequence[outbox.Owed], places: asyncio.Semaphore) -> None:
    async with places:
        for owed in sorted(of_job, key=lambda owed: _ORDER.index(owed.effect)):
            await _perform(office, owed)


async def _perform(office: Office, owed: outbox.Owed) -> None:
    try:
        await _PERFORM[owed.effect](office, owed)
    except errors.Conflict as overtaken:  # somebody else has the word; what is owed then is looked at afresh
        log.info("effect_overtaken", effect=owed.effect.value, job=owed.job_id, why=str(overtaken))
        await office.ledger.write(outbox.defer, owed, now() + SOON)
    except Exception as error:  # noqa: BLE001 - whatever one effect meets, the others are owed as well
        await _failed(office, owed, error)


async def _failed(office: Office, owed: outbox.Owed, error: Exception) -> None:
    why = str(error) if isinstance(error, errors.JcaError) else f"{type(error).__name__}: {error}"
    if isinstance(error, errors.TryAgain) and error.until:
        log.info("effect_limited", effect=owed.effect.value, job=owed.job_id, until=error.until.isoformat())
        await office.ledger.write(outbox.defer, owed, error.until, why)
        return
    final = isinstance(error, PERMANENT) or owed.attempts + 1 >= MOST_ATTEMPTS
    log.warning("effect_failed", effect=owed.effect.value, job=owed.job_id, why=why, final=final)
    await office.ledger.write(give_up if final else outbox.postpone, owed, why)


def give_up(tx: Transaction, owed: outbox.Owed, why: str) -> None:
    """Nothing more is tried by itself: the job says so, or, where only its report is missing, the audit log does."""
    outbox.done(tx, owed)
    if owed.effect is outbox.Effect.PULL_REQUEST:
        pull_requests.give_up(tx, owed.job_id, why)
        return
    audit.note(tx, actor="publish", action=f"{owed.effect}.given_up", subject=owed.job_id, detail=why)
    if owed.effect is outbox.Effect.CONCLUDE and (job := records.find(tx, owed.job_id)):
        concluding.note(tx, job, (why,))


_PERFORM = {
    outbox.Effect.PULL_REQUEST: pull_requests.open_owed,
    outbox.Effect.CONCLUDE: concluding.conclude_owed,
    outbox.Effect.REPORT: reporting.report_owed,
}
