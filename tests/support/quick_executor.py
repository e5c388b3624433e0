"""An executor without agent, checkout and sandbox, for tests of what is around it: `-m tests.support.quick_executor`.

It pushes one empty commit for each job, as the executor pushes what an agent made: it looks first whether the branch is
there, proves its lease, and lets the remote refuse a branch that exists.
"""

from __future__ import annotations

import uvloop

from jobs import errors, settings
from jobs.events import Events, Logs
from jobs.order import WorkOrder
from jobs.queue import connection
from jobs.queue.lease import Lease
from jobs.queue.offer import Offer
from jobs.queue.worker import make_worker
from jobs.reasons import Code, because
from jobs.run_result import RunResult
from worker.executor import push
from worker.executor.reporter import Reporter
from worker.sandbox import git
from worker.sandbox.mirror import Mirrors, locked
from worker.up.child import say_ready

OFFER = Offer("scripted", "scripted-demo")
AT_ONCE = 4
PEOPLE = {f"GIT_{role}_{what}": "quick" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


async def main() -> None:
    """Claim and run until killed."""
    chosen = settings.load()
    redis = connection.connect(chosen.queue_url)
    mirrors = Mirrors(chosen.state_dir / "mirrors")

    async def run(order: WorkOrder, lease: Lease) -> None:
        async with Reporter(Events(redis), Logs(redis), order, lease.token) as reporter:
            commit = await _publish(order, lease, mirrors)
            reason = because(Code.VALIDATED, "Nothing was run.")
            await reporter.result(RunResult(outcome="published", reason=reason, branch=order.branch, commit=commit))

    worker = make_worker(
        redis,
        name=chosen.worker_name,
        run=run,
        offers=lambda: [OFFER],
        max_jobs=AT_ONCE,
        lease_seconds=chosen.lease_seconds,
        job_timeout=600,
    )
    say_ready(chosen.worker_name)
    await worker.serve()


async def _publish(order: WorkOrder, lease: Lease, mirrors: Mirrors) -> str:
    """Push the branch, unless it is there; returns its commit."""
    url = order.repository.url
    if found := await _published(order, mirrors):
        return found
    base = await mirrors.sync(url, order.base_branch)
    message = f"{order.ticket.title}\n\nJob: {order.job}\n"
    repository = git.Repository(base.mirror, environment=PEOPLE)
    async with locked(base.mirror):  # whoever holds it may clear away what looks left behind
        commit = await repository.text("commit-tree", f"{base.commit}^{{tree}}", "-p", base.commit, "-m", message)
    if not await lease.current():
        raise errors.LostLease
    try:
        await push.push(base.mirror, commit, url, order.branch, expected=None)
    except errors.Conflict:
        if not (found := await _published(order, mirrors)):
            raise
        return found
    return commit


async def _published(order: WorkOrder, mirrors: Mirrors) -> str:
    found = await push.published(order.repository.url, order.branch, mirrors=mirrors)
    return found.commit if found and found.trailers.get("Job") == order.job else ""


if __name__ == "__main__":
    uvloop.run(main())
