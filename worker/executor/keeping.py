"""What is kept of a run that ends before its branch is pushed, so that the job's next run here can go on from it."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from jobs import errors
from jobs.reasons import Code
from worker.executor.work import Work
from worker.sandbox import checkpoints
from worker.sandbox.checkout import Checkout

log = structlog.get_logger()

GRACE = 8.0  # seconds a stopped run may take to keep its change; `jca up` waits longer before it kills a part
PROOF = 2.0  # seconds of them for proving that the job is still ours


async def collect(work: Work) -> None:
    """Look at what changed on disk; the host's own look, the only one that counts.

    Raises:
        errors.RunStopped: the change holds what may not leave this machine.
    """
    if work.checkout:
        try:
            changes = await work.checkout.harvest()
        except errors.Refused as error:
            raise errors.RunStopped(Code.CHANGES_REFUSED, error.message, remedy=error.remedy) from error
        if any(secret in changes.diff for secret in work.secrets):
            raise errors.RunStopped(Code.CHANGES_REFUSED, "The change contains the key of its own provider.")
        work.changes = changes


async def carry_on(work: Work, checkout: Checkout) -> None:
    """Begin with what an earlier run of this job changed, where it still fits the base branch.

    Raises:
        errors.JcaError: git failed.
    """
    kept = await checkpoints.find(checkout.mirror, work.order.job)
    if kept is None:
        return
    work.carried = await checkout.carry_on(kept)
    if work.carried:
        await work.note("note", "An earlier run of this job was interrupted; its changes so far are in the tree.")
    else:
        await work.note("note", "The changes of an earlier run do not fit the base branch any more; starting afresh.")


async def keep(work: Work) -> None:
    """Keep the change made so far. A refused one is not kept, and a failure to keep one changes no ending."""
    if work.checkout is None or work.stored:
        return
    try:
        await collect(work)
        if await _taken_over(work):
            return
        if work.changes.files:
            await _checkpoint(work, work.checkout)
        else:
            await checkpoints.forget(work.checkout.mirror, work.order.job)
    except errors.JcaError as error:
        await work.note("note", f"The changes so far are not kept for another run: {error.message}")


async def keep_at_once(work: Work) -> None:
    """Do the same for a run that was cancelled: within a few seconds, and not to be cancelled again."""
    keeping = asyncio.create_task(_within_grace(work))
    while not keeping.done():
        with suppress(asyncio.CancelledError):  # of the caller, who is being cancelled already
            await asyncio.wait({keeping})


async def _within_grace(work: Work) -> None:
    try:
        async with asyncio.timeout(GRACE):
            await keep(work)
    except TimeoutError:
        log.warning("not_kept", job=work.order.job, run=work.order.run, after=GRACE)
    except Exception:
        log.exception("not_kept", job=work.order.job, run=work.order.run)


async def _taken_over(work: Work) -> bool:
    """Whether another run has the job now and what is kept is its own; unknown counts as no."""
    with suppress(TimeoutError):
        async with asyncio.timeout(PROOF):
            return not await work.desk.lease.current()
    return False


async def _checkpoint(work: Work, checkout: Checkout) -> None:
    order, (name, address) = work.order, work.desk.author
    trailers = f"Job: {order.job}\nRun: {order.run}\nState: checkpoint\nBase: {checkout.base}\n"
    message = f"Work so far, stopped in {work.stage}\n\n{trailers}"
    commit = await checkout.commit(work.changes, message, author_name=name, author_email=address)
    await checkpoints.keep(checkout, commit, order.job)
    await work.note("note", f"The changes so far are kept for the next run of this job ({commit[:12]}).")
