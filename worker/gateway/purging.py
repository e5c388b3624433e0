"""Purging a ticket: its jobs are forgotten in the ledger, in the queue and on every worker that is connected."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from jobs.errand import Errand, ErrandEnd, Kind
from jobs.ledger import audit, retention
from jobs.ledger.database import Transaction
from jobs.ledger.retention import Purged
from worker.gateway.services import Services

AT_ONCE = 0  # seconds that a live log is still kept


class WorkerForgot(BaseModel):
    """What one worker said about it."""

    model_config = ConfigDict(frozen=True)

    worker: str
    ok: bool
    sentence: str


class Purge(BaseModel):
    """What was forgotten, and where."""

    model_config = ConfigDict(frozen=True)

    jobs: tuple[str, ...]
    workers: tuple[WorkerForgot, ...]
    """Those that are connected now; another one keeps a checkpoint for thirty days at most."""


async def purge(services: Services, source: str, ticket: str, who: str) -> Purge:
    """Forget every job of a ticket. The ledger forgets last, so that an interrupted purge can be repeated.

    Raises:
        errors.NotFound: there is no job of this ticket.
        errors.Conflict: one of them has not ended.
        errors.TryAgain: the queue does not answer.
    """
    found = await services.ledger.read(retention.check_purgeable, source, ticket)
    for job_id in found:
        await services.logs.expire(job_id, AT_ONCE)
    workers = await services.presence.workers()
    said = await asyncio.gather(*(_ask(services, worker, found) for worker in workers))
    purged = await services.ledger.write(_purge, source, ticket, who)
    return Purge(jobs=purged.jobs, workers=tuple(said))


async def _ask(services: Services, worker: str, job_ids: Sequence[str]) -> WorkerForgot:
    errand = Errand(kind=Kind.FORGET, worker=worker, arguments={"jobs": " ".join(job_ids)})
    await services.errands.ask(errand)
    async for said in services.errands.follow(errand.id):
        for one in said:
            if isinstance(one.word, ErrandEnd):
                return WorkerForgot(worker=worker, ok=one.word.ok, sentence=one.word.sentence)
    return WorkerForgot(worker=worker, ok=False, sentence=f"{worker} did not say how it ended.")


def _purge(tx: Transaction, source: str, ticket: str, who: str) -> Purged:
    purged = retention.purge_ticket(tx, source, ticket)
    count = f"{len(purged.jobs)} {'job' if len(purged.jobs) == 1 else 'jobs'}"
    audit.note(tx, actor=who, action="ticket.purge", subject=f"{source}/{ticket}", detail=count)
    return purged
