"""What every tracker can do for us."""

from __future__ import annotations

from typing import Protocol

from jobs.job import Job
from jobs.results import PullRequest


class Tracker(Protocol):
    """Writes to one tracker. Every call may be repeated and has its effect once."""

    async def open_pull_request(self, job: Job, draft: PullRequest) -> PullRequest:
        """Open the pull request, or find the one that is there.

        Raises:
            errors.TryAgain: it did not work this time.
        """

    async def report(self, job: Job, body: str) -> None:
        """Show the report, Markdown, to the people of the ticket.

        Raises:
            errors.TryAgain: it did not work this time.
        """
