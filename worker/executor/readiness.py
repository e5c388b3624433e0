"""What this worker can run right now, proven again and again: the list its claims are gated by."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.job import now
from jobs.queue.offer import Offer
from jobs.queue.presence import Presence
from jobs.readiness import Readiness, State, Step
from worker.sandbox.bubblewrap import SandboxState

log = structlog.get_logger()

LOOK = 2.0  # seconds between looks at whether something has to be proven again
PUBLISHED_FOR = 15.0  # seconds a published list counts without a new word from this worker
PATIENCE = (2, 4, 8, 15, 30)  # seconds until a provider that is not ready is asked again
LONGEST_REST = timedelta(hours=1)
"""After this time a provider that said it is limited is asked again, whatever it said."""

AHEAD = timedelta(seconds=30)  # so long before a proof expires the next one is begun
STANDS = timedelta(minutes=10)  # so long after it is due again the last word on what is not ready is still shown
UNWANTED_FOR = timedelta(minutes=10)

Report = Callable[[Step], Awaitable[None]]
"""Told about each step of a self-test when it is over."""


class SelfTest(Protocol):
    """Proves one model of a profile."""

    async def __call__(self, profile: ProviderProfile, model: str, *, report: Report | None = None) -> Readiness:
        """Take the steps until one fails."""


@dataclass
class _Proof:
    """What is known of one model on one account."""

    profile: ProviderProfile
    """As it was when it was proven last."""
    readiness: Readiness
    due_at: datetime
    wanted_at: datetime
    failures: int = 0
    """In a row."""
    task: asyncio.Task[None] | None = None

    def is_due(self, profile: ProviderProfile, moment: datetime) -> bool:
        """Whether to prove it now: it is time, or the configuration changed."""
        idle = self.task is None or self.task.done()
        return idle and (self.profile != profile or self.due_at <= moment)


class ReadinessBoard:
    """The readiness of every provider account on this worker: its default model, and whatever model is waited for.

    Args:
        worker: this worker's name.
        profiles: the profiles in force, with their keys.
        wanted: what jobs wait for, anywhere.
        self_test: how one model is proven.
        presence: where the list is published.
        sandbox: what runs would be walled in with; without it nothing is ready.
        slots: how many jobs run here at a time.
        unwanted_for: after this time a model that is no default, and that nothing waits for, is proven no more.
    """

    def __init__(
        self,
        worker: str,
        profiles: Callable[[], Awaitable[Sequence[ProviderProfile]]],
        wanted: Callable[[], Awaitable[Collection[Offer]]],
        self_test: SelfTest,
        presence: Presence,
        sandbox: SandboxState,
        *,
        slots: int = 1,
        unwanted_for: timedelta = UNWANTED_FOR,
    ) -> None:
        self._worker, self._profiles, self._wanted, self._self_test = worker, profiles, wanted, self_test
        self._presence, self._sandbox, self._slots = presence, sandbox, slots
        self._unwanted_for = unwanted_for
        self._proofs: dict[Offer, _Proof] = {}
        self._doubted = asyncio.Event()

    def offers(self) -> list[Offer]:
        """What jobs may be claimed for now."""
        moment = now()
        proofs = self._proofs.items()
        return [offer for offer, proof in proofs if proof.readiness.ready and proof.readiness.expires_at > moment]

    def distrust(self, account: str, model: str) -> None:
        """Offer it no more until it is proven again: a run has just seen it fail."""
        if proof := self._proofs.get(Offer(account, model)):
            _end(proof)  # what is under way may have begun before the failure
            proof.readiness, proof.due_at = self._checking(Offer(account, model)), now()
            self._doubted.set()

    async def run(self) -> None:
        """Keep the board true until cancelled."""
        try:
            while True:
                try:
                    await self.look()
                except (errors.JcaError, OSError) as error:
                    log.warning("readiness_unknown", why=str(error))
                await self._pause()
        finally:
            for proof in self._proofs.values():
                _end(proof)

    async def look(self) -> None:
        """Begin to prove what is new, changed or due, and publish what is known; never waits for a provider."""
        profiles = {profile.account: profile for profile in await self._profiles() if profile.enabled}
        self._list(profiles, await self._wanted())
        for offer, proof in self._proofs.items():
            if proof.is_due(profiles[offer.account], now()):
                if proof.profile != profiles[offer.account]:
                    proof.readiness = self._checking(offer)
                proof.profile = profiles[offer.account]
                proof.due_at = now() + timedelta(seconds=PATIENCE[-1])  # should the proof itself break
                proof.task = asyncio.create_task(self._prove_again(proof.profile, offer.model))
        await self._publish()

    async def prove(self, profile: ProviderProfile, model: str, report: Report | None = None) -> Readiness:
        """Prove one model now, and put what was found out on the board at once."""
        found = await self._without_sandbox(profile, model, report) or await self._self_test(
            profile, model, report=report
        )
        offer = Offer(profile.account, model)
        proof = self._proofs.setdefault(offer, self._unproven(offer, profile))
        proof.profile = profile
        proof.readiness = _judged(proof, found)
        with suppress(errors.TryAgain):  # the next look publishes it
            await self._publish()
        return proof.readiness

    async def _prove_again(self, profile: ProviderProfile, model: str) -> None:
        try:
            await self.prove(profile, model)
        except Exception:  # one provider must not take the board down
            log.exception("self_test_broke", account=profile.account, model=model)

    def _list(self, profiles: Mapping[str, ProviderProfile], wanted: Collection[Offer]) -> None:
        """Take up what is to be proven from now on, and drop what is not any more."""
        moment = now()
        defaults = {Offer(account, profile.default_model) for account, profile in profiles.items()}
        for offer in defaults | {offer for offer in wanted if offer.account in profiles}:
            proof = self._proofs.setdefault(offer, self._unproven(offer, profiles[offer.account]))
            proof.wanted_at = moment
        for offer, proof in list(self._proofs.items()):
            if offer.account not in profiles or proof.wanted_at + self._unwanted_for < moment:
                _end(self._proofs.pop(offer))

    def _unproven(self, offer: Offer, profile: ProviderProfile) -> _Proof:
        return _Proof(profile, self._checking(offer), due_at=now(), wanted_at=now())

    def _checking(self, offer: Offer) -> Readiness:
        return self._found(offer.account, offer.model, State.CHECKING, "it is being checked now")

    async def _without_sandbox(self, profile: ProviderProfile, model: str, report: Report | None) -> Readiness | None:
        if self._sandbox.ok:
            return None
        step = Step(name="sandbox", ok=False, detail=self._sandbox.detail, remedy=self._sandbox.remedy)
        if report:
            await report(step)
        reason = f"no sandbox: {self._sandbox.detail}"
        return self._found(profile.account, model, State.BLOCKED, reason, step)

    def _found(self, account: str, model: str, state: State, reason: str, *steps: Step) -> Readiness:
        moment = now()
        return Readiness(
            account=account,
            model=model,
            worker=self._worker,
            state=state,
            reason=reason,
            steps=steps,
            checked_at=moment,
            expires_at=moment + STANDS,
        )

    async def _publish(self) -> None:
        known = [proof.readiness for _, proof in sorted(self._proofs.items())]
        await self._presence.publish(self._worker, known, PUBLISHED_FOR, self._slots)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK):
                await self._doubted.wait()
        self._doubted.clear()


def _judged(proof: _Proof, found: Readiness) -> Readiness:
    """What was found out, with the moment it is due again and since when it is so."""
    if found.ready:
        proof.failures, proof.due_at = 0, found.expires_at - AHEAD
        return found
    proof.due_at = now() + timedelta(seconds=PATIENCE[min(proof.failures, len(PATIENCE) - 1)])
    limited = [step.retry_at for step in found.steps if step.retry_at]
    if limited:  # asking earlier may prolong the limit; a person can test it at any time
        proof.due_at = max(proof.due_at, min(limited[-1], now() + LONGEST_REST))
    proof.failures += 1
    before = proof.readiness
    since = (before.since or before.checked_at) if before.reason == found.reason else None
    return found.model_copy(update={"since": since, "expires_at": proof.due_at + STANDS})


def _end(proof: _Proof) -> None:
    if proof.task:
        proof.task.cancel()
