"""Dispatch: what is to be run, in lanes per account, model and repository."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Literal

from jobs import errors
from jobs.order import WorkOrder
from jobs.queue import moments, record
from jobs.queue.connection import answering
from jobs.queue.offer import Offer
from jobs.queue.place import GONE, Place
from jobs.queue.rules import Rules, Server

__all__ = ["GONE", "PRIORITIES", "Cancelled", "Dispatch", "Place", "Server"]

PRIORITIES = range(10)

CHUNK = 500  # ids in one call, so that none keeps the server busy for long

Cancelled = Literal["cancelled", "stopping", "unknown"]
"""It waited and is gone; it runs and its worker was told; nobody knows it."""


class Dispatch(Rules):
    """The queue as seen by those who fill and watch it.

    Every method raises `errors.TryAgain` while Redis does not answer; each can then simply be called again.
    """

    async def enqueue(
        self,
        order: WorkOrder,
        *,
        priority: int = 5,
        since: datetime | None = None,
        not_before: datetime | None = None,
    ) -> bool:
        """Let an order wait for a worker that understands its version and offers its model on its account.

        Args:
            order: what to run; at most one dispatch of its id exists at any time.
            priority: 0 to 9; each step is worth an hour of waiting, equals start in the order they came.
            since: since when it waits, for an order that had its place before; None: since now.
            not_before: when it may start at the earliest; it keeps its place until then.

        Returns:
            False if this dispatch is already there; then nothing was changed.

        Raises:
            errors.BadInput: there is no such priority.
        """
        if priority not in PRIORITIES:
            raise errors.BadInput(f"The priority {priority} does not exist; use 0 (last) to 9 (first).")
        lane = f"{order.v}|{order.repository.alias}"
        blob = record.write_order(order, int(time.time() * 1000))
        moment = [moments.to_us(since) if since else "", moments.to_ms(not_before) if not_before else 0]
        words = [order.dispatch_id, blob, order.account, order.model, lane, priority, *moment]
        with answering():
            return bool(await self._scripts.enqueue(args=words))

    async def cancel(self, dispatch_id: str) -> Cancelled:
        """Cancel a dispatch.

        Returns:
            `cancelled`: it waited; it is gone, and the event says so. `stopping`: its worker was told, and how it ends
            is said by the event of its end. `unknown`: there is no such dispatch.
        """
        with answering():
            said: bytes = await self._scripts.cancel(args=[dispatch_id, "cancelled"])
        outcomes: dict[bytes, Cancelled] = {b"cancelled": "cancelled", b"stopping": "stopping"}
        return outcomes.get(said, "unknown")

    async def withdraw(self, dispatch_id: str) -> None:
        """Take back a dispatch whose job has ended elsewhere.

        One that waits goes without an event. The worker of one that runs is told to stop, and however that run ends,
        its event is `withdrawn`.
        """
        with answering():
            await self._scripts.cancel(args=[dispatch_id, "withdrawn"])

    async def defer(self, ids: Collection[str], until: datetime) -> int:
        """Put off what waits of these dispatches; none is brought forward.

        Returns:
            How many of them are put off now; what runs or is gone is left as it is.
        """
        return await self._put_off(ids, moments.to_ms(until))

    async def undefer(self, ids: Collection[str]) -> int:
        """Bring back what was put off of these dispatches, at its old place; returns how many that were."""
        return await self._put_off(ids, 0)

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

    async def ids(self) -> list[str]:
        """Every dispatch that waits or runs; one that comes or ends meanwhile may be among them."""
        with answering():
            found = [entry.decode() async for entry, _ in self._redis.zscan_iter("arq:queue", count=CHUNK)]
        return list(dict.fromkeys(found))  # a scan may meet an entry twice

    async def order(self, dispatch_id: str) -> WorkOrder | None:
        """The order of a dispatch; None if it is gone, or was written in a way that this version cannot read."""
        with answering():
            blob = await self._redis.get(f"arq:job:{dispatch_id}")
        return record.read_order(blob) if blob is not None else None

    async def wanted(self) -> set[Offer]:
        """The offers for which something waits."""
        with answering():
            found = await self._redis.smembers("jca:wanted")  # type: ignore[misc] # sync or async
        pairs = (entry.decode().partition("|") for entry in found)
        return {Offer(account, model) for account, _, model in pairs}

    async def current(self, dispatch_id: str, token: str) -> bool:
        """Whether this token is the one that holds the dispatch now."""
        with answering():
            [holder] = await self._redis.hmget(f"jca:job:{dispatch_id}", ["token"])  # type: ignore[misc] # sync or async
        return holder is not None and holder.decode() == token

    async def _put_off(self, ids: Collection[str], until_ms: int) -> int:
        moved = 0
        for some in _chunks(ids):
            with answering():
                moved += await self._scripts.defer(args=[until_ms, *some])
        return moved


def _chunks(ids: Collection[str]) -> Iterator[list[str]]:
    listed = list(ids)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
