"""Dispatch: what is to be run, in lanes per account and repository."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from redis.asyncio import Redis

from jobs import errors
from jobs.order import WorkOrder
from jobs.queue import record, wake
from jobs.queue.connection import answering
from jobs.queue.scripts import Scripts

PRIORITIES = range(10)

CHUNK = 500  # ids in one call, so that none keeps the server busy for long

Cancelled = Literal["cancelled", "stopping", "unknown"]
"""It waited and is gone; it runs and its worker was told; nobody knows it."""


@dataclass(frozen=True)
class Place:
    """Where a dispatch is."""

    state: Literal["queued", "running", "gone"]
    position: int
    """Among everything that waits for the same account, counted from 1; 0 when it does not wait."""
    account: str
    """Empty when it is gone."""


GONE = Place("gone", 0, "")


class Dispatch:
    """The queue as seen by those who fill and watch it.

    Every method raises `errors.TryAgain` while Redis does not answer; each can then simply be called again.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def enqueue(self, order: WorkOrder, *, priority: int = 5) -> bool:
        """Let an order wait for a worker that understands its version and is ready for its account.

        Args:
            order: what to run; at most one dispatch of its id exists at any time.
            priority: 0 to 9; 9 comes before everything else of the account, equals in the order they came.

        Returns:
            False if this dispatch is already there; then nothing was changed.

        Raises:
            errors.BadInput: there is no such priority.
        """
        if priority not in PRIORITIES:
            raise errors.BadInput(f"The priority {priority} does not exist; use 0 (last) to 9 (first).")
        lane = f"{order.v}|{order.repository.alias}"
        blob = record.write_order(order, int(time.time() * 1000))
        with answering():
            added = await self._scripts.enqueue(args=[order.dispatch_id, blob, order.provider, lane, priority])
        return bool(added)

    async def cancel(self, dispatch_id: str) -> Cancelled:
        """Cancel a dispatch.

        Returns:
            `cancelled`: it waited; it is gone, and the event says so. `stopping`: its worker was told, and how it ends
            is said by the event of its end. `unknown`: there is no such dispatch.
        """
        with answering():
            said: bytes = await self._scripts.cancel(args=[dispatch_id])
        outcomes: dict[bytes, Cancelled] = {b"cancelled": "cancelled", b"stopping": "stopping"}
        return outcomes.get(said, "unknown")

    async def place(self, dispatch_id: str) -> Place:
        """Where one dispatch is."""
        return (await self.places([dispatch_id]))[dispatch_id]

    async def places(self, ids: Collection[str]) -> dict[str, Place]:
        """Where each of these dispatches is."""
        places: dict[str, Place] = {}
        for some in _chunks(ids):
            with answering():
                found = await self._scripts.place(args=some)
            triples = zip(found[::3], found[1::3], found[2::3], strict=True)
            for dispatch_id, (state, position, account) in zip(some, triples, strict=True):
                places[dispatch_id] = Place(state.decode(), int(position), account.decode())
        return places

    async def known(self, ids: Collection[str]) -> set[str]:
        """Those of these dispatches that wait or run."""
        present: set[str] = set()
        for some in _chunks(ids):
            with answering():
                scores = await self._redis.zmscore("arq:queue", some)
            present.update(known for known, score in zip(some, scores, strict=True) if score is not None)
        return present

    async def holds(self, dispatch_id: str, token: str) -> bool:
        """Whether this token is the one that holds the dispatch now."""
        with answering():
            [holder] = await self._redis.hmget(f"jca:job:{dispatch_id}", ["token"])  # type: ignore[misc] # sync or async
        return holder is not None and holder.decode() == token

    async def wake(self) -> None:
        """Let every idle worker look for something to run."""
        with answering():
            await self._redis.publish(wake.CHANNEL, wake.EVERYBODY)


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
