"""What the workers say about provider accounts at this moment: who may claim, and why nobody can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from jobs import errors
from jobs.queue.offer import Offer
from jobs.readiness import Readiness, State
from worker.gateway import words
from worker.gateway.services import Services


@dataclass(frozen=True)
class Standing:
    """Every readiness that still counts."""

    live: tuple[Readiness, ...]
    known: bool = True
    """False while Redis does not answer: then nothing can be said."""

    @classmethod
    def at(cls, readiness: Sequence[Readiness], moment: datetime) -> Standing:
        """Leave out what has expired at `moment`."""
        kept = (entry for entry in readiness if entry.expires_at > moment)
        return cls(tuple(sorted(kept, key=lambda entry: (entry.account, not entry.ready, entry.worker))))

    def of(self, account: str, model: str = "") -> tuple[Readiness, ...]:
        """What each worker says about one account, or about one model of it, ready ones first."""
        return tuple(entry for entry in self.live if entry.account == account and model in {"", entry.model})

    def is_ready(self, offer: Offer) -> bool:
        """Whether at least one worker may claim for this model of this account."""
        return any(entry.ready for entry in self.of(*offer))

    def why_waiting(self, offer: Offer) -> str:
        """Why no worker can claim for this model of this account, as part of a sentence."""
        said = self.of(*offer)
        what = f"Waiting for {offer.account} ({offer.model})"
        blocked = [entry for entry in said if entry.state is State.BLOCKED]
        if blocked:
            first = blocked[0]
            since = words.clock(first.since or first.checked_at)
            return f"{what}: {_within(first.reason)} on {first.worker} since {since} UTC"
        if said:
            return f"{what}: {said[0].worker} is checking it now"
        if not self.known:
            return f"{what}: Redis does not answer, so no worker can be asked"
        if not self.live:
            return f"{what}: no worker is connected"
        return f"{what}: no connected worker has checked it"


def _within(sentence: str) -> str:
    """A sentence as part of another one: without its full stop, small at the start unless that is a name."""
    sentence = sentence.strip().rstrip(".")
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence


async def look(services: Services, moment: datetime) -> Standing:
    """Ask for the standing at `moment`; the pages stay up while Redis does not answer."""
    try:
        return Standing.at(await services.presence.readiness(), moment)
    except errors.TryAgain:
        return Standing((), known=False)
