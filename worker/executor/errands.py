"""Errands, done with the parts that jobs are done with: the readiness board and the mirrors."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.errand import Errand, ErrandEnd, ErrandStep, Kind
from jobs.readiness import Step
from worker.executor.readiness import ReadinessBoard
from worker.sandbox import remote
from worker.sandbox.git import GitCredential
from worker.sandbox.mirror import Mirrors

Report = Callable[[ErrandStep], Awaitable[None]]

_KILO = 1024


class ErrandCredentials(Protocol):
    """What an errand may use."""

    async def provider(self, name: str) -> ProviderProfile:
        """The provider profile with its key; fails as `Credentials.provider`."""

    async def fetching(self, errand: Errand) -> GitCredential | None:
        """What git shows to the host of the repository the errand is about; None: it needs nothing of ours.

        Raises:
            errors.TryAgain: whoever lends it does not answer now.
            errors.NotReady: there is none for this repository.
        """


@dataclass(frozen=True)
class ErrandDesk:
    """What errands are done with on this worker."""

    credentials: ErrandCredentials
    board: ReadinessBoard
    mirrors: Mirrors
    forget_jobs: Callable[[Collection[str]], Awaitable[None]]
    """Deletes whatever is kept here of jobs."""

    async def perform(self, errand: Errand, report: Report) -> ErrandEnd:
        """Do one errand and say how it ended.

        Raises:
            errors.JcaError: it cannot be begun, as with a provider that is not there any more.
        """
        if errand.kind is Kind.SELF_TEST:
            return await self._self_test(errand.arguments["provider"], errand.arguments.get("model", ""), report)
        if errand.kind is Kind.FORGET:
            return await self._forget(errand.arguments["jobs"].split(), report)
        return await self._test_clone(errand, report)

    async def _self_test(self, provider: str, model: str, report: Report) -> ErrandEnd:
        profile = await self.credentials.provider(provider)

        async def tell(step: Step) -> None:
            await report(ErrandStep.model_validate(step.model_dump()))

        found = await self.board.prove(profile, model or profile.default_model, tell)
        remedy = next((step.remedy for step in found.steps if not step.ok), "")
        return ErrandEnd(ok=found.ready, sentence=found.reason, remedy=remedy)

    async def _forget(self, job_ids: Collection[str], report: Report) -> ErrandEnd:
        began = time.perf_counter()
        await self.forget_jobs(job_ids)
        done = "Nothing of it is kept here any more."
        await report(ErrandStep(name="forget", ok=True, detail=done, milliseconds=_since(began)))
        return ErrandEnd(ok=True, sentence=done)

    async def _test_clone(self, errand: Errand, report: Report) -> ErrandEnd:
        alias, url, branch = (errand.arguments[name] for name in ("alias", "url", "branch"))
        await report(ErrandStep(name="fetch", detail=f"Asking {remote.redact(url)} for {branch}."))
        began = time.perf_counter()
        try:
            snapshot = await self.mirrors.sync(url, branch, await self.credentials.fetching(errand))
        except errors.JcaError as error:
            failed = ErrandStep(name="fetch", ok=False, detail=error.message, remedy=error.remedy)
            await report(failed.model_copy(update={"milliseconds": _since(began)}))
            return ErrandEnd(ok=False, sentence=f"{alias} cannot be fetched: {error.message}", remedy=error.remedy)
        fetching = _since(began)
        found = f"{branch} is at {snapshot.commit[:12]}"
        await report(ErrandStep(name="fetch", ok=True, detail=f"{found}.", milliseconds=fetching))
        began = time.perf_counter()
        size = _spelled(await asyncio.to_thread(_bytes_below, snapshot.mirror))
        taken = f"The mirror takes {size} on this worker."
        await report(ErrandStep(name="measure", ok=True, detail=taken, milliseconds=_since(began)))
        return ErrandEnd(ok=True, sentence=f"{alias}: {found}, fetched in {fetching / 1000:.1f} s; {size} in all.")


def _since(began: float) -> float:
    return (time.perf_counter() - began) * 1000


def _bytes_below(directory: Path) -> int:
    """What the files below a directory take; one that git removes meanwhile counts nothing."""
    total = 0
    for path in directory.rglob("*"):
        try:
            status = path.lstat()
        except FileNotFoundError:
            continue
        total += status.st_size
    return total


def _spelled(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < _KILO:
            return f"{size:.0f} {unit}"
        size /= _KILO
    return f"{size:.1f} GiB"
