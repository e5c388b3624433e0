"""Fold: what executors and the queue reported becomes the record. The position is kept in the same transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from jobs import errors
from jobs.events import Event
from jobs.job import Job, Status, advance
from jobs.ledger import configuration, outbox, records, runs
from jobs.ledger.database import Transaction
from jobs.reasons import Code, Reason, because
from jobs.results import Usage
from jobs.run_result import RunResult
from worker.duties.office import Office

log = structlog.get_logger()

POSITION = "events"
LOG_KEPT = 3600.0  # seconds the live stream outlives its archive, for readers that are following it

Change = Callable[[Transaction, Job, Event], Awaitable[None]]


async def once(office: Office, *, block_ms: int = 0) -> int:
    """Fold what is new; returns how many events that were. Waits at most `block_ms` for the first."""
    async with office.ledger.read() as tx:
        position = await configuration.mark(tx, POSITION) or "0"
    news = await office.events.read(position, block_ms=block_ms)
    if not news:
        return 0
    async with office.ledger.write() as tx:
        if (await configuration.mark(tx, POSITION) or "0") != position:
            return 0  # another fold was faster
        ended = [event.job for event in news if await _apply(tx, event)]
        await configuration.set_mark(tx, POSITION, news[-1].id)
    for job_id in ended:
        await archive(office, job_id)
    await office.events.trim(news[-1].id)
    return len(news)


async def archive(office: Office, job_id: str) -> None:
    """Copy what is not yet archived of a job's live output into the ledger."""
    async with office.ledger.read() as tx:
        kept = await runs.archived(tx, job_id)
    lines = await office.logs.after(job_id, kept[-1].id if kept else "0", count=100_000)
    async with office.ledger.write() as tx:
        await runs.archive(tx, job_id, lines)
    await office.logs.expire(job_id, LOG_KEPT)


async def _apply(tx: Transaction, event: Event) -> bool:
    """Apply one event; True when it ended the run."""
    change = _CHANGES.get(event.kind)
    job = await records.find(tx, event.job)
    if change is None or job is None or job.run != event.run:
        return False
    try:
        await change(tx, job, event)
    except (errors.Conflict, ValueError, TypeError, KeyError) as error:  # one bad event must not stop all others
        log.warning("event_ignored", event_kind=event.kind, why=str(error), **job.log_context())
        return False
    return event.kind in _ENDINGS


async def _claimed(tx: Transaction, job: Job, event: Event) -> None:
    worker, token = str(event.data.get("worker", "")), str(event.data.get("token", ""))
    running = advance(job, Status.RUNNING, worker=worker, claim=token)
    await records.save(tx, running, who=worker, why=f"claimed by {worker}")


async def _lost(tx: Transaction, job: Job, event: Event) -> None:
    del event
    if job.status is Status.RUNNING:
        why = f"{job.worker} stopped answering; the job waits for another start"
        await records.save(tx, advance(job, Status.QUEUED), who="queue", why=why)


async def _released(tx: Transaction, job: Job, event: Event) -> None:
    del event
    if job.status is Status.RUNNING:
        why = f"{job.worker} was stopped; the job waits for another start"
        await records.save(tx, advance(job, Status.QUEUED), who="queue", why=why)


async def _stage(tx: Transaction, job: Job, event: Event) -> None:
    stage = runs.Stage.model_validate(
        {
            "run": job.run,
            "name": event.data.get("name"),
            "state": event.data.get("state"),
            "detail": event.data.get("detail", ""),
            "started_at": event.at,
            "ended_at": None if event.data.get("state") == "running" else event.at,
        },
    )
    await runs.put_stage(tx, job.id, stage)


async def _usage(tx: Transaction, job: Job, event: Event) -> None:
    usage = Usage.model_validate(event.data.get("usage"))
    await records.save(tx, job.model_copy(update={"usage": usage}), who=job.worker)


async def _result(tx: Transaction, job: Job, event: Event) -> None:
    if event.data.get("token") != job.claim:
        raise errors.Conflict("It comes from a claim that is not the present one.")
    result = RunResult.model_validate(event.data.get("result"))
    published = result.outcome == "published"
    kept = result.model_dump(include={"commit", "base", "summary"}) | {"validation": result.validation}
    kept |= {"usage": result.usage} if result.usage.requests else {}
    ended = advance(job, Status.PUBLISHING if published else Status.FAILED, result.reason, **kept)
    if published:
        ended = ended.model_copy(update={"branch": result.branch})
    await records.save(tx, ended, who=job.worker)
    if result.diff or not published:
        await runs.put_diff(tx, job.id, runs.Diff(text=result.diff, truncated=result.diff_truncated))
    await outbox.owe(tx, job.id, outbox.Effect.PULL_REQUEST if published else outbox.Effect.REPORT)


async def _cancelled(tx: Transaction, job: Job, event: Event) -> None:
    del event
    reason = because(Code.CANCELLED, "A person cancelled it.")
    if job.status in {Status.RUNNING, Status.QUEUED}:
        await records.save(tx, advance(job, Status.CANCELLED, reason), who="queue")
        await outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _crashed(tx: Transaction, job: Job, event: Event) -> None:
    sentence = f"The worker died {event.data.get('crashes', 3)} times while running this job, last on {job.worker}."
    await _fail(tx, job, because(Code.WORKER_CRASHED, sentence))


async def _failed(tx: Transaction, job: Job, event: Event) -> None:
    sentence = f"JCA itself failed: {event.data.get('error', 'error')}: {event.data.get('message', '')}."
    await _fail(tx, job, because(Code.INTERNAL_ERROR, sentence))


async def _fail(tx: Transaction, job: Job, reason: Reason) -> None:
    if job.status in {Status.RUNNING, Status.QUEUED}:
        await records.save(tx, advance(job, Status.FAILED, reason), who="queue")
        await outbox.owe(tx, job.id, outbox.Effect.REPORT)


_CHANGES: dict[str, Change] = {
    "claimed": _claimed,
    "lost": _lost,
    "released": _released,
    "stage": _stage,
    "usage": _usage,
    "result": _result,
    "cancelled": _cancelled,
    "crashed": _crashed,
    "failed": _failed,
}

_ENDINGS = frozenset({"result", "cancelled", "crashed", "failed"})
