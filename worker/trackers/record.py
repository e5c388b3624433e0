"""The tracker that is no service: pull request and report are records that the user interface shows."""

from __future__ import annotations

from jobs.job import Job
from jobs.ledger import runs
from jobs.ledger.database import Ledger
from jobs.results import PullRequest, PullRequestState


class RecordTracker:
    """Keeps pull requests and reports in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def open_pull_request(self, job: Job, draft: PullRequest) -> PullRequest:
        """Let the record stand for the pull request."""
        del job
        return draft.model_copy(update={"state": PullRequestState.RECORDED})

    async def report(self, job: Job, body: str) -> None:
        """Keep the report with the job."""
        await self._ledger.write(runs.put_report, job.id, body)
