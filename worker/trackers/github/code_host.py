"""GitHub as the code host of a repository: its pull requests, the verdict beside a commit, what a job pushes with."""

from __future__ import annotations

from typing import Literal

from jobs.job import Job, Status
from jobs.neutral import inert
from jobs.reasons import Code
from jobs.repository import Repository
from jobs.results import PullRequest, PullRequestState
from jobs.routing import name_on_host
from worker.trackers.github import checks, pulls
from worker.trackers.github.client import GitHub
from worker.trackers.github.names import RepositoryName
from worker.trackers.protocol import Opened
from worker.trackers.push import PushCredential


class GitHubCodeHost:
    """Works on the repositories of one GitHub.

    Args:
        github: with the identity it acts as.
    """

    def __init__(self, github: GitHub) -> None:
        self._github = github

    async def open_pull_request(self, job: Job, repository: Repository, draft: PullRequest) -> Opened:
        """Open the pull request, or find the one that is there.

        Raises:
            errors.JcaError: as `pulls.open_pull_request`.
        """
        del job
        proposal = pulls.Proposal(
            named(repository),
            branch=draft.branch,
            base=draft.base_branch,
            commit=draft.commit,
            title=draft.title,
            body=draft.body,
            draft=draft.is_draft,
        )
        opened = await pulls.open_pull_request(self._github, proposal)
        known = {"state": PullRequestState(opened.state), "url": opened.url, "is_draft": opened.draft}
        return Opened(draft.model_copy(update=known), opened.notes)

    async def show_verdict(self, job: Job, repository: Repository) -> tuple[str, ...]:
        """Show the verdict as a check run on the commit, where an App is at work; a personal token cannot.

        Raises:
            errors.JcaError: as `checks.report_verdict`.
        """
        if job.status is not Status.SUCCEEDED or not job.commit or not self._github.credential.is_app:
            return ()
        summary = inert(str(job.reason)) if job.reason else ""
        verdict = checks.Verdict(
            named(repository),
            job.commit,
            job.dispatch_id,
            _conclusion(job),
            title=job.reason.sentence if job.reason else "Done",
            summary=summary,
        )
        await checks.report_verdict(self._github, verdict)
        return ()

    async def fetch_credential(self, repository: Repository) -> PushCredential:
        """What one job may only read this repository with.

        Raises:
            errors.JcaError: as `Credential.fetch_credential`.
        """
        return await self._github.credential.fetch_credential(named(repository))

    async def push_credential(self, repository: Repository) -> PushCredential:
        """What one job pushes to this repository with.

        Raises:
            errors.JcaError: as `Credential.push_credential`.
        """
        return await self._github.credential.push_credential(named(repository))

    async def revoke(self, lent: PushCredential) -> None:
        """Make a push credential worthless.

        Raises:
            errors.JcaError: as `Credential.revoke`.
        """
        await self._github.credential.revoke(lent)


def named(repository: Repository) -> RepositoryName:
    """What GitHub calls a repository.

    Raises:
        errors.BadInput: neither its `full_name` nor its address tells.
    """
    return RepositoryName.parse(name_on_host(repository))


def _conclusion(job: Job) -> Literal["success", "failure", "neutral"]:
    if any(not outcome.passed for outcome in job.validation):
        return "failure"
    return "success" if job.reason and job.reason.code is Code.VALIDATED else "neutral"
