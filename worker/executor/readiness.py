"""What this worker can run right now, proven again and again: the list its claims are gated by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta

import structlog

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.job import now
from jobs.queue.presence import Presence
from jobs.readiness import Readiness, State, Step
from worker.sandbox.bubblewrap import SandboxState

log = structlog.get_logger()

LOOK = 2.0  # seconds between looks at whether something has to be proven again
PUBLISHED_FOR = 15.0  # seconds a published list counts without a new word from this worker
PATIENCE = (2, 4, 8, 15, 30)  # seconds until a provider that is not ready is asked again

SelfTest = Callable[[ProviderProfile, str], Awaitable[Readiness]]


class ReadinessBoard:
    """The readiness of every provider account on this worker."""

    def __init__(
        self,
        worker: str,
        profiles: Callable[[], Awaitable[Sequence[ProviderProfile]]],
        self_test: SelfTest,
        presence: Presence,
        sandbox: SandboxState,
    ) -> None:
        self._worker, self._profiles, self._self_test, self._presence = worker, profiles, self_test, presence
        self._sandbox = sandbox
        self._known: dict[str, Readiness] = {}
        self._tested: dict[str, ProviderProfile] = {}
        self._failures: dict[str, int] = {}

    def accounts(self) -> list[str]:
        """Accounts that jobs may be claimed for now."""
        moment = now()
        return [account for account, known in self._known.items() if known.ready and known.expires_at > moment]

    async def run(self) -> None:
        """Keep the board true until cancelled."""
        while True:
            try:
                await self.look()
            except (errors.JcaError, OSError) as error:
                log.warning("readiness_unknown", why=str(error))
            await asyncio.sleep(LOOK)

    async def look(self) -> None:
        """Prove what is new, changed or due, and publish the whole list."""
        profiles = {profile.name: profile for profile in await self._profiles() if profile.enabled}
        for gone in self._known.keys() - profiles.keys():
            del self._known[gone]
        due = [profile for profile in profiles.values() if self._is_due(profile)]
        for readiness in await asyncio.gather(*(self._prove(profile) for profile in due)):
            self._known[readiness.account] = readiness
        await self._presence.publish(self._worker, list(self._known.values()), PUBLISHED_FOR)

    def distrust(self, account: str) -> None:
        """Prove an account again before the next claim: a run has just seen it fail."""
        self._tested.pop(account, None)

    def _is_due(self, profile: ProviderProfile) -> bool:
        known = self._known.get(profile.account)
        return known is None or self._tested.get(profile.account) != profile or known.expires_at <= now()

    async def _prove(self, profile: ProviderProfile) -> Readiness:
        self._tested[profile.account] = profile
        readiness = self._without_sandbox(profile) or await self._self_test(profile, profile.default_model)
        if readiness.ready:
            self._failures.pop(profile.account, None)
            return readiness
        failures = self._failures.get(profile.account, 0)
        self._failures[profile.account] = failures + 1
        patience = PATIENCE[min(failures, len(PATIENCE) - 1)]
        before = self._known.get(profile.account)
        since = (before.since or before.checked_at) if before and before.reason == readiness.reason else None
        return readiness.model_copy(update={"since": since, "expires_at": now() + timedelta(seconds=patience)})

    def _without_sandbox(self, profile: ProviderProfile) -> Readiness | None:
        if self._sandbox.ok:
            return None
        moment: datetime = now()
        step = Step(name="sandbox", ok=False, detail=self._sandbox.detail, remedy=self._sandbox.remedy)
        return Readiness(
            account=profile.account,
            model=profile.default_model,
            worker=self._worker,
            state=State.BLOCKED,
            reason=f"no sandbox: {self._sandbox.detail}",
            steps=(step,),
            checked_at=moment,
            expires_at=moment,
        )
