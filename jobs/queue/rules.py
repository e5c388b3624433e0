"""Rules: what claims obey beside the order of the lanes, and whether anything may be claimed at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from redis.asyncio import Redis

from jobs.queue import moments, wake
from jobs.queue.connection import answering
from jobs.queue.scripts import Scripts

HOLDS = "jca:holds"
ENDLESS = 0  # in the place of a moment: the hold ends when somebody ends it


@dataclass(frozen=True)
class Server:
    """The server behind the queue, as long as it runs."""

    run_id: str
    """Given anew by every start; after a failover it is that of the other server."""
    open: bool
    """Whether jobs may be claimed."""


class Rules:
    """Opening, limits and holds.

    Subjects are those of `jobs.holds` that a lane has: `*`, `account:<name>` and `repository:<alias>`.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def server(self) -> Server:
        """The server that answers, and whether it was opened."""
        with answering():
            run_id, is_open = await self._scripts.server()
        return Server(run_id.decode(), bool(is_open))

    async def open(self, run_id: str) -> bool:
        """Let jobs be claimed, until this server loses its state or another takes its place.

        Args:
            run_id: of the server whose state was made to agree with the ledger.

        Returns:
            False if that is not the server any more; then nothing was changed.
        """
        with answering():
            return bool(await self._scripts.open(args=[run_id]))

    async def limit(self, limits: Mapping[str, int]) -> None:
        """Set how many runs of an account or repository may be under way at once; replaces all limits there were."""
        words = [word for subject, most in limits.items() for word in (subject, most)]
        with answering():
            await self._scripts.limit(args=words)

    async def hold(self, subject: str, until: datetime | None) -> None:
        """Let nothing of a subject be claimed until then, or with None until it is resumed; the last word counts."""
        ends = moments.to_us(until) if until else ENDLESS
        with answering():
            await self._redis.hset(HOLDS, subject, str(ends))  # type: ignore[misc] # sync or async

    async def resume(self, subject: str) -> None:
        """End the hold of a subject."""
        with answering():
            await self._redis.hdel(HOLDS, subject)  # type: ignore[misc] # sync or async
        await self.wake()

    async def holds(self) -> dict[str, datetime | None]:
        """Until when each subject is held, as it was said; None: until it is resumed."""
        with answering():
            found = await self._scripts.holds()
        pairs = zip(found[::2], map(int, found[1::2]), strict=True)
        return {subject.decode(): moments.from_us(ends) if ends != ENDLESS else None for subject, ends in pairs}

    async def wake(self) -> None:
        """Let every idle worker look for something to run."""
        with answering():
            await self._redis.publish(wake.CHANNEL, wake.EVERYBODY)
