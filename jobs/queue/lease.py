"""A lease: the right to act for a dispatch, as its run sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Lease:
    """What a run holds while it holds its job.

    Attributes:
        dispatch_id: what is held.
        token: the fencing token of this claim; it ends with a number that only grows, as in `worker:1763679000000001`.
        lost: set as soon as the lease is known to be lost; the run is cancelled then.
    """

    def __init__(self, dispatch_id: str, token: str, renew: Callable[[], Awaitable[None]]) -> None:
        self.dispatch_id = dispatch_id
        self.token = token
        self.lost = asyncio.Event()
        self._renew = renew

    async def current(self) -> bool:
        """Prove by Redis, now, that this run still owns its job; a yes is good for a whole lease.

        Waits while Redis is away: neither answer could be proven, and nobody else can claim the job meanwhile.
        """
        if not self.lost.is_set():
            await self._renew()
        return not self.lost.is_set()
