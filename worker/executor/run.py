"""How one job is run: from a checkout to a pushed branch, on one screen."""

from __future__ import annotations

import structlog

from jobs import errors, reasons
from jobs.order import WorkOrder
from jobs.run_result import RunResult
from worker.executor import publishing, steps
from worker.executor.desk import Desk
from worker.executor.verdict import judge
from worker.executor.work import Work

log = structlog.get_logger()


async def run_job(order: WorkOrder, desk: Desk) -> RunResult:
    """Run one job to its end and say truthfully how it ended.

    Raises:
        errors.LostLease: another worker owns the job now; nothing was pushed.
        asyncio.CancelledError: the run was stopped; nothing was pushed.
    """
    work = Work(order, desk)
    try:
        return await _to_its_end(work)
    except errors.RunStopped as stop:
        return await stopped(work, reasons.because(reasons.Code(stop.code), stop.message, stop.remedy))
    except errors.NotReady as missing:  # what a run needs of its machine is the sandbox
        return await stopped(work, reasons.because(reasons.Code.SANDBOX_MISSING, missing.message, missing.remedy))
    except errors.LostLease:
        raise
    except Exception as error:  # the record must end truthfully, whatever broke
        log.exception("run_broke", job=order.job, run=order.run)
        sentence = f"JCA itself failed in {work.stage}: {type(error).__name__}: {error}."
        return await stopped(work, reasons.because(reasons.Code.INTERNAL_ERROR, sentence))
    finally:
        await work.clear()


async def _to_its_end(work: Work) -> RunResult:
    """The steps, in order."""
    if found := await publishing.already_published(work):
        return found
    await steps.prepare_checkout(work)
    await steps.set_up(work)
    await steps.run_agent(work)
    await steps.validate_changes(work)
    while work.must_repair:
        await steps.repair(work)
        await steps.validate_changes(work)
    verdict = judge(work.order.repository, work.changes, work.validation, gave_up=work.gave_up)
    if not verdict.publish:
        return work.failed(verdict.reason)
    await publishing.commit_and_push(work, verdict.reason.code)
    return work.published(verdict.reason)


async def stopped(work: Work, reason: reasons.Reason) -> RunResult:
    """End a run that could not finish, keeping the change it made so far."""
    reason = reason.model_copy(
        update={"sentence": work.clean(reason.sentence), "next_step": work.clean(reason.next_step)}
    )
    await work.desk.sink.stage(work.stage, "failed", reason.sentence)
    await steps.keep_what_there_is(work)
    return work.failed(reason)
