"""A job is claimed by a worker that offers exactly its model on its account."""

from __future__ import annotations

import asyncio

from arq.connections import ArqRedis

from jobs.order import VERSION
from jobs.queue.dispatch import Dispatch
from jobs.queue.offer import Offer
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, Eventually, Order, Record, Start

PERSONAL = Offer("claude#alice", "vendor/some|model")


async def test_neither_the_account_nor_the_model_alone_is_enough(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    await dispatch.enqueue(order("other-model", model="large"), priority=9)
    await dispatch.enqueue(order("other-account", account="codex"), priority=9)
    await dispatch.enqueue(order("personal", account=PERSONAL.account, model=PERSONAL.model), priority=9)
    await dispatch.enqueue(order("ours"))
    start(record)
    await eventually(lambda: record.ended == ["ours"])
    start(record, name="two", offers=lambda: [PERSONAL, Offer("codex", "large"), Offer("claude", "LARGE")])
    await eventually(lambda: record.ended == ["ours", "personal"])
    await asyncio.sleep(0.1)

    assert record.started == ["ours", "personal"]


async def test_positions_are_counted_within_the_account_whatever_the_model(dispatch: Dispatch, order: Order) -> None:
    await dispatch.enqueue(order("a", model="small"))
    await dispatch.enqueue(order("b", model="large"))
    await dispatch.enqueue(order("c", model="small"))

    places = await dispatch.places(["a.1", "b.1", "c.1"])
    assert [place.position for place in places.values()] == [1, 2, 3]


async def test_wanted_are_the_offers_for_which_something_waits(
    dispatch: Dispatch, order: Order, redis: ArqRedis
) -> None:
    assert await dispatch.wanted() == set()
    for name, repository in (("a", "payments"), ("b", "payments"), ("c", "website")):
        await dispatch.enqueue(order(name, repository=repository))
    await dispatch.enqueue(order("d", account=PERSONAL.account, model=PERSONAL.model))
    assert await dispatch.wanted() == {CLAUDE, PERSONAL}

    await Scripts(redis).claim(args=["w", 5000, 2, VERSION, *CLAUDE])
    await dispatch.cancel("d.1")
    assert await dispatch.wanted() == {CLAUDE}
    await Scripts(redis).claim(args=["w", 5000, 1, VERSION, *CLAUDE])
    assert await dispatch.wanted() == set()


async def test_ten_thousand_that_nobody_can_run_cost_a_claim_nothing(redis: ArqRedis, dispatch: Dispatch) -> None:
    scripts = Scripts(redis)

    async def enqueue(job: str, offer: Offer, repository: int) -> None:
        await scripts.enqueue(args=[f"{job}.1", "{}", *offer, f"1|r{repository}", 9, "", 0])

    async def claim() -> tuple[bytes, int]:
        before = await _commands(redis)
        _, found = await scripts.claim(args=["w", 60_000, 1, VERSION, *CLAUDE])
        return found[0], await _commands(redis) - before

    await enqueue("first", CLAUDE, 0)
    alone = await claim()
    for start in range(0, 10_000, 500):
        waiting = (enqueue(f"w{n}", Offer("claude", "away"), n % 20) for n in range(start, start + 500))
        await asyncio.gather(*waiting)
    await enqueue("last", CLAUDE, 0)

    assert alone[0] == b"first.1"
    assert await claim() == (b"last.1", alone[1])
    assert (await dispatch.place("w9999.1")).position == 10_000


async def _commands(redis: ArqRedis) -> int:
    """Commands the server has executed, those inside scripts among them."""
    counted = await redis.info("commandstats")
    return sum(one["calls"] for name, one in counted.items() if name != "cmdstat_info")
