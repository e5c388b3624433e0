"""One run as it goes along: what is known so far, and the result it amounts to."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jobs import errors, redact
from jobs.order import WorkOrder
from jobs.reasons import Reason
from jobs.repository import Repository
from jobs.results import CommandOutcome, Usage
from jobs.run_result import RunResult
from worker.executor.desk import Desk
from worker.sandbox.bubblewrap import Sandbox
from worker.sandbox.checkout import Changes, Checkout
from worker.sandbox.git import GitCredential
from worker.sandbox.workspace import Workspace

if TYPE_CHECKING:
    from worker.agent.loop import Conversation


NOTHING = Changes(tree="", files=(), diff="", diff_truncated=False)


@dataclass
class Work:
    """The record every step reads and adds to."""

    order: WorkOrder
    desk: Desk
    stage: str = "checkout"
    """The stage under way."""
    branch: str = ""
    base: str = ""
    """The commit of the base branch that the change is made on."""
    checkout: Checkout | None = None
    sandbox: Sandbox | None = None
    """Where the host's own commands run; the agent's, in `workspace`, may see more to read."""
    workspace: Workspace | None = None
    conversation: Conversation | None = None
    context: Path | None = None
    """What can only be read lies below it; None: there is nothing."""
    references: str = ""
    """What the agent is shown of that."""
    rules: str = ""
    """The repository's own rules for agents, as the base branch has them."""
    carried: bool = False
    """Whether the tree began with what an earlier run of this job had changed."""
    changes: Changes = NOTHING
    validation: tuple[CommandOutcome, ...] = ()
    repairs: int = 0
    summary: str = ""
    gave_up: str | None = None
    """Why the agent says that the ticket is not solved; None when it says that it is."""
    usage: Usage = field(default_factory=Usage)
    commit: str = ""
    stored: bool = False
    """Whether the commit is kept until it is pushed, so that nothing less may take its place."""
    secrets: tuple[str, ...] = ()
    """What this run was lent, and nobody may read anywhere."""

    @property
    def must_repair(self) -> bool:
        """Whether a validation command fails and an attempt is left."""
        failing = any(not outcome.passed for outcome in self.validation)
        return failing and self.repairs < self.order.repository.repair_attempts

    def failed(self, reason: Reason) -> RunResult:
        """The result when nothing was pushed."""
        return RunResult(outcome="failed", reason=reason, **self._evidence())

    def parked(self, reason: Reason, until: datetime) -> RunResult:
        """The result when the provider account has to rest."""
        return RunResult(outcome="parked", reason=reason, until=until, **self._evidence())

    def published(self, reason: Reason) -> RunResult:
        """The result when the branch carries the commit."""
        return RunResult(outcome="published", reason=reason, commit=self.commit, branch=self.branch, **self._evidence())

    def unpublished(self, reason: Reason) -> RunResult:
        """The result when the commit is good and stored here, and could not be pushed."""
        outcome = self.published(reason)
        return outcome.model_copy(update={"outcome": "unpublished"})

    def clean(self, text: str) -> str:
        """The text without credentials, those this run was lent first of all."""
        return redact.redact(text, self.secrets)

    async def note(self, kind: str, text: str) -> None:
        """Say a line of live output."""
        await self.desk.sink.note(kind, self.clean(text))

    async def clear(self) -> None:
        """Remove everything this run put on the disk."""
        if self.checkout:
            await self.checkout.remove()
        await asyncio.to_thread(shutil.rmtree, self.desk.directory, ignore_errors=True)

    async def git(self, repository: Repository, *, write: bool = False) -> GitCredential | None:
        """What git shows to a repository's host, lent for this run; nobody gets to read it.

        To read, whoever lends it is asked again for a while; to write, it is the push that is tried again.

        Raises:
            errors.JcaError: as `Credentials.git`.
        """
        for pause in () if write else self.desk.pauses:
            try:
                return await self._lend(repository, write=write)
            except errors.TryAgain as error:
                await self.note("note", f"{error.message} Trying again in {pause:g} s.")
                await asyncio.sleep(pause)
        return await self._lend(repository, write=write)

    async def _lend(self, repository: Repository, *, write: bool) -> GitCredential | None:
        lent = await self.desk.credentials.git(self.order, self.desk.lease, repository, write=write)
        if lent is not None:
            self.secrets = tuple(dict.fromkeys((*self.secrets, *lent.secrets)))
        return lent

    def _evidence(self) -> dict[str, object]:
        return {
            "base": self.base,
            "base_branch": self.order.base_branch,
            "summary": self.summary,
            "files": tuple(change.path for change in self.changes.files),
            "diff": self.changes.diff,
            "diff_truncated": self.changes.diff_truncated,
            "validation": self.validation,
            "usage": self.usage,
        }
