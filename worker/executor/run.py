"""How one job is run: from a checkout to a pushed branch, on one screen."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from jobs import errors, reasons
from jobs.job import now
from jobs.order import WorkOrder
from jobs.reasons import Code
from jobs.run_result import RunResult
from worker.executor import context, keeping, publishing, steps
from worker.executor.desk import Desk
from worker.executor.verdict import judge
from worker.executor.work import Work

log = structlog.get_logger()


async def run_job(order: WorkOrder, desk: Desk) -> RunResult:
    """Run one job to its end and say truthfully how it ended.

    Raises:
        errors.LostLease: another worker owns the job now; what the remote has is its business.
        asyncio.CancelledError: the run was stopped; the change so far is kept for the next run.
    """
    work = Work(order, desk)
    try:
        return await _truthfully(work)
    except asyncio.CancelledError:
        await keeping.keep_at_once(work)
        raise
    finally:
        await work.clear()


async def _truthfully(work: Work) -> RunResult:
    """The steps, and for each way they can break off the ending it means."""
    try:
        return await _to_its_end(work)
    except errors.RunStopped as stop:
        return await stopped(work, stop)
    except errors.NotReady as missing:  # what a run needs of its machine is the sandbox
        return await stopped(work, errors.RunStopped(Code.SANDBOX_MISSING, missing.message, remedy=missing.remedy))
    except errors.LostLease:
        raise
    except Exception as error:  # the record must end truthfully, whatever broke
        log.exception("run_broke", job=work.order.job, run=work.order.run)
        sentence = f"JCA itself failed in {work.stage}: {type(error).__name__}: {error}."
        return await stopped(work, errors.RunStopped(Code.INTERNAL_ERROR, sentence))


async def _to_its_end(work: Work) -> RunResult:
    """The steps, in order."""
    if found := await publishing.already_published(work):
        return found
    if validated := await publishing.validated_earlier(work):
        return await publishing.publish(work, validated)
    await steps.prepare_checkout(work)
    await context.gather(work)
    steps.open_sandbox(work)
    await steps.set_up(work)
    await steps.run_agent(work)
    await steps.validate_changes(work)
    while work.must_repair:
        await steps.repair(work)
        await steps.validate_changes(work)
    verdict = judge(work.order.repository, work.changes, work.validation, gave_up=work.gave_up)
    if not verdict.publish:
        await keeping.keep(work)
        return work.failed(verdict.reason)
    return await publishing.publish(work, verdict.reason)


async def stopped(work: Work, stop: errors.RunStopped) -> RunResult:
    """End a run that could not finish, keeping the change it made so far."""
    code, until = Code(stop.code), None
    sentence, remedy = work.clean(stop.message), work.clean(stop.remedy)
    if stop.retry_after is not None:
        until = now() + timedelta(seconds=stop.retry_after)
        code, remedy = Code.QUOTA_REACHED, ""
        sentence = f"{sentence} {work.order.account} rests until {until:%Y-%m-%d %H:%M} UTC."
    reason = reasons.because(code, sentence, remedy)
    await keeping.keep(work)
    await work.desk.sink.stage(work.stage, "failed", sentence)
    if until:
        return work.parked(reason, until)
    return work.unpublished(reason) if work.stored else work.failed(reason)
