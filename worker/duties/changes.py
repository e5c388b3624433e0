"""What each kind of event changes in the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog

from jobs import errors, holds
from jobs.events import Event
from jobs.holds import Hold
from jobs.job import Job, Status, advance
from jobs.ledger import attempts, outbox, records, runs
from jobs.ledger import holds as kept_holds
from jobs.ledger.database import Transaction
from jobs.order import WorkOrder
from jobs.reasons import Code, Reason, because
from jobs.results import Usage
from jobs.run_result import RunResult
from worker.duties import owing, recovery

log = structlog.get_logger()

Change = Callable[[Transaction, Job, Event], None]

ENDINGS = frozenset({"result", "cancelled", "crashed", "failed"})
"""Kinds after which a run says nothing more."""

_STATUS = {"published": Status.PUBLISHING, "unpublished": Status.PUBLISH_FAILED, "failed": Status.FAILED}


def apply(tx: Transaction, event: Event) -> bool:
    """Apply one event; True when it ended the run."""
    change = _CHANGES.get(event.kind)
    if change is None:
        return False
    try:
        job = _job(tx, event)
        if job is None or job.run != event.run:
            return False
        change(tx, job, event)
    except (errors.Conflict, ValueError, TypeError, KeyError) as error:  # one bad event must not stop all others
        log.warning("event_ignored", event_kind=event.kind, dispatch_id=event.dispatch_id, why=str(error))
        return False
    return event.kind in ENDINGS


def _job(tx: Transaction, event: Event) -> Job | None:
    """The job of an event. A result carries the order of its run, in case the ledger has lost that run."""
    job = records.find(tx, event.job)
    if event.kind != "result" or (job is not None and job.run >= event.run) or "order" not in event.data:
        return job
    order = WorkOrder.model_validate(event.data["order"])
    return recovery.record_running(tx, job, order, str(event.data.get("token", "")), event.at)


def _claimed(tx: Transaction, job: Job, event: Event) -> None:
    worker, token = str(event.data.get("worker", "")), str(event.data.get("token", ""))
    if job.status is Status.RUNNING and job.claim != token:  # its loss was said where nobody could hear it
        _lost(tx, job, event)
        job = records.get(tx, job.id)
    running = records.save(
        tx,
        advance(job, Status.RUNNING, worker=worker, claim=token),
        who=worker,
        why=f"claimed by {worker}",
    )
    attempts.begin(tx, running, event.at)
    owing.tell(tx, running)


def _lost(tx: Transaction, job: Job, event: Event) -> None:
    _interrupted(tx, job, event, "lost", "stopped answering")


def _released(tx: Transaction, job: Job, event: Event) -> None:
    _interrupted(tx, job, event, "released", "was stopped")


def _interrupted(tx: Transaction, job: Job, event: Event, outcome: str, how: str) -> None:
    attempts.end(tx, job.claim, outcome, event.at)
    if job.status is Status.RUNNING:
        why = f"{job.worker} {how}; the job waits for another start"
        records.save(tx, advance(job, Status.QUEUED), who="queue", why=why)


def _stage(tx: Transaction, job: Job, event: Event) -> None:
    _check_claim(job, event)
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
    runs.put_stage(tx, job.id, stage)
    outbox.owe(tx, job.id, outbox.Effect.REPORT)


def _usage(tx: Transaction, job: Job, event: Event) -> None:
    _check_claim(job, event)
    usage = Usage.model_validate(event.data.get("usage"))
    attempts.spend(tx, job.claim, usage)
    records.save(tx, job.model_copy(update={"usage": usage}), who=job.worker)


def _result(tx: Transaction, job: Job, event: Event) -> None:
    result = _believed(job, event)
    kept: dict[str, object] = {"commit": result.commit, "base": result.base, "summary": result.summary}
    kept |= {"usage": result.usage} if result.usage.requests else {}
    if result.validation or result.outcome == "failed":  # a run that only publishes has no evidence of its own
        kept |= {"validation": result.validation}
    kept |= {"branch": result.branch} if result.branch else {}
    _end_attempt(tx, job, event, result)
    saved = records.save(tx, advance(job, _STATUS[result.outcome], result.reason, **kept), who=job.worker)
    if result.diff or result.outcome != "published":
        runs.put_diff(tx, job.id, runs.Diff(text=result.diff, truncated=result.diff_truncated))
    if result.outcome == "published":
        outbox.owe(tx, job.id, outbox.Effect.PULL_REQUEST)
    else:
        owing.tell(tx, saved)


def _parked(tx: Transaction, job: Job, event: Event) -> None:
    """The provider's limit ended the run: the account is held, and the job waits at its old place."""
    result = _believed(job, event)
    _end_attempt(tx, job, event, result)
    account = holds.account(job.selection.account if job.selection else "")
    kept_holds.put(tx, Hold(subject=account, reason=result.reason, by=job.worker, since=event.at, until=result.until))
    owing.tell(tx, records.save(tx, advance(job, Status.QUEUED, result.reason), who=job.worker))
    if result.diff:
        runs.put_diff(tx, job.id, runs.Diff(text=result.diff, truncated=result.diff_truncated))


def _check_claim(job: Job, event: Event) -> None:
    if event.data.get("token") != job.claim:
        raise errors.Conflict("It comes from a claim that is not the present one.")


def _believed(job: Job, event: Event) -> RunResult:
    _check_claim(job, event)
    return RunResult.model_validate(event.data.get("result"))


def _end_attempt(tx: Transaction, job: Job, event: Event, result: RunResult) -> None:
    attempts.spend(tx, job.claim, result.usage)
    attempts.end(tx, job.claim, result.outcome, event.at, result.reason.code.value)


def _cancelled(tx: Transaction, job: Job, event: Event) -> None:
    attempts.end(tx, job.claim, "cancelled", event.at)
    reason = because(Code.CANCELLED, "A person cancelled it.")
    if job.status in {Status.RUNNING, Status.QUEUED}:
        owing.tell(tx, records.save(tx, advance(job, Status.CANCELLED, reason), who="queue"))


def _crashed(tx: Transaction, job: Job, event: Event) -> None:
    deaths = [(death["worker"], datetime.fromtimestamp(death["at"] / 1000, UTC)) for death in event.data["deaths"]]
    told = ", ".join(f"{worker} at {at:%Y-%m-%d %H:%M:%S} UTC" for worker, at in deaths)
    sentence = f"Workers died {len(deaths)} times while running this job: {told}."
    _fail(tx, job, event, because(Code.WORKER_CRASHED, sentence))


def _failed(tx: Transaction, job: Job, event: Event) -> None:
    sentence = f"JCA itself failed: {event.data.get('error', 'error')}: {event.data.get('message', '')}."
    _fail(tx, job, event, because(Code.INTERNAL_ERROR, sentence))


def _fail(tx: Transaction, job: Job, event: Event, reason: Reason) -> None:
    attempts.end(tx, job.claim, event.kind, event.at, reason.code.value)
    if job.status in {Status.RUNNING, Status.QUEUED}:
        owing.tell(tx, records.save(tx, advance(job, Status.FAILED, reason), who="queue"))


_CHANGES: dict[str, Change] = {
    "claimed": _claimed,
    "lost": _lost,
    "released": _released,
    "stage": _stage,
    "usage": _usage,
    "result": _result,
    "parked": _parked,
    "cancelled": _cancelled,
    "crashed": _crashed,
    "failed": _failed,
}
