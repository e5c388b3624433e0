"""The executor process: proves what it can run, claims only that, and runs it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from jobs import errors, holds
from jobs.catalog import ProviderProfile
from jobs.events import Events, Logs
from jobs.order import WorkOrder
from jobs.reasons import Code
from worker.executor.desk import Attachments, Credentials, Desk, Lease
from worker.executor.readiness import ReadinessBoard
from worker.executor.reporter import Reporter, deliver
from worker.executor.run import run_job
from worker.sandbox import checkpoints
from worker.sandbox.mirror import Mirrors

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from jobs.queue.worker import Lease as ClaimLease

log = structlog.get_logger()

PROVIDER_FAULTS = frozenset(
    {
        Code.PROVIDER_UNAUTHORIZED,
        Code.MODEL_NOT_FOUND,
        Code.QUOTA_REACHED,
        Code.PROVIDER_ERROR,
        Code.PROVIDER_TIMEOUT,
        Code.PROVIDER_UNREACHABLE,
        Code.BAD_ANSWER,
    },
)
"""Endings after which the provider is asked again before another job is claimed for it."""


@dataclass(frozen=True)
class Workshop:
    """Where and with what this executor runs its jobs."""

    state: Path
    """Mirrors and trajectories are kept here."""
    runs: Path
    """A directory of this executor alone; a run has its own in it while it lasts."""
    runtimes: tuple[Path, ...]
    events: Events
    logs: Logs
    credentials: Credentials
    attachments: Attachments
    board: ReadinessBoard
    hold: Callable[[str, datetime | None], Awaitable[object]]
    """(subject, until) -> no job it concerns is claimed by anybody before then."""
    build_model: Callable[[ProviderProfile, str, str], Model]

    @property
    def mirrors(self) -> Mirrors:
        """The mirrors of this worker."""
        return Mirrors(self.state / "mirrors")

    def clear(self) -> None:
        """Make the directories, without what a killed executor left behind."""
        shutil.rmtree(self.runs, ignore_errors=True)
        for directory in (self.runs, self.state / "mirrors", self.state / "trajectories"):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    async def forget(self) -> None:
        """Let go of what was kept for jobs that nobody came back to."""
        try:
            forgotten = await checkpoints.forget_old(self.state / "mirrors")
        except errors.JcaError as error:
            log.warning("checkpoints_stay", why=str(error))
        else:
            log.info("checkpoints_forgotten", count=forgotten)
        oldest = time.time() - checkpoints.KEPT_FOR.total_seconds()
        for trajectory in (self.state / "trajectories").glob("*.jsonl"):
            if trajectory.stat().st_mtime < oldest:
                trajectory.unlink(missing_ok=True)

    async def forget_jobs(self, job_ids: Collection[str]) -> None:
        """Delete whatever is kept here of these jobs: trajectories, checkpoints, commits that were not pushed.

        Raises:
            errors.JcaError: git failed, or this is no id of a job.
        """
        await checkpoints.forget_jobs(self.state / "mirrors", job_ids)
        for job_id in job_ids:
            for trajectory in (self.state / "trajectories").glob(f"{job_id}.*.jsonl"):
                trajectory.unlink(missing_ok=True)

    def desk(self, order: WorkOrder, lease: Lease, sink: Reporter, token: str) -> Desk:
        """The desk for one claim."""
        return Desk(
            lease=lease,
            sink=sink,
            credentials=self.credentials,
            attachments=self.attachments,
            mirrors=self.mirrors,
            directory=self.runs / f"{order.dispatch_id}.{token.rpartition(':')[2]}",
            trajectory=self.state / "trajectories" / f"{order.dispatch_id}.jsonl",
            runtimes=self.runtimes,
            build_model=self.build_model,
        )

    async def run(self, order: WorkOrder, lease: ClaimLease) -> None:
        """Run one claimed job and report how it ended, before it is let go.

        Raises:
            errors.WaitAgain: its provider account has to rest; the job is to be put back.
            errors.LostLease: somebody else has the job.
        """
        async with Reporter(self.events, self.logs, order, lease.token) as reporter:
            result = await run_job(order, self.desk(order, lease, reporter, lease.token))
            if result.reason.code in PROVIDER_FAULTS:
                self.board.distrust(order.account, order.model)
            if result.outcome == "parked":
                await deliver(lambda: self.hold(holds.account(order.account), result.until))
                await reporter.parked(result)
            else:
                await reporter.result(result)
        log.info("run_ended", job=order.job, run=order.run, outcome=result.outcome, reason=result.reason.code.value)
        if result.outcome == "parked":
            raise errors.WaitAgain(str(result.reason))
