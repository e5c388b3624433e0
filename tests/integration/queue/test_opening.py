"""After any loss of state nothing is claimed until the gateway has made the queue agree with the ledger."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis

from jobs.order import VERSION
from jobs.queue.connection import connect
from jobs.queue.dispatch import Dispatch
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, Eventually, Happened, Happening, Order, Record, Start, restart
from tests.support.valkey import Valkey, open_dispatch


async def claim(redis: ArqRedis, lease: int = 60_000) -> tuple[int, list[bytes]]:
    due, found = await Scripts(redis).claim(args=["w", lease, 9, VERSION, *CLAUDE])
    return due, found[::3]


async def test_a_new_server_is_closed_and_opened_once(redis: ArqRedis, order: Order) -> None:
    dispatch = Dispatch(redis)
    await dispatch.enqueue(order("one"))
    server = await dispatch.server()
    assert not server.open
    assert server.run_id == (await redis.info("server"))["run_id"]
    assert await claim(redis) == (-1, [])

    assert await dispatch.open("0" * 40) is False
    assert await claim(redis) == (-1, [])
    assert await dispatch.open(server.run_id) is True
    before = await redis.hgetall("jca:open")
    assert await dispatch.open(server.run_id) is True
    assert await redis.hgetall("jca:open") == before
    assert (await dispatch.server()).open
    assert (await claim(redis))[1] == [b"one.1"]


async def test_opening_wakes_idle_workers(
    redis: ArqRedis, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    dispatch = Dispatch(redis)
    await dispatch.enqueue(order("one"))
    start(record, lease=60)
    await asyncio.sleep(0.2)
    assert record.started == []

    await open_dispatch(redis)
    await eventually(lambda: record.ended == ["one"], seconds=4)  # a look by itself would come after 5 s


async def test_an_emptied_database_is_closed(dispatch: Dispatch, redis: ArqRedis, order: Order) -> None:
    await redis.flushall()
    await dispatch.enqueue(order("one"))

    assert await claim(redis) == (-1, [])
    assert not (await dispatch.server()).open


async def test_a_restarted_server_takes_no_lease_away_until_it_is_open_and_some_time_after(
    valkey: Valkey, outage_redis: ArqRedis, order: Order
) -> None:
    dispatch = await open_dispatch(outage_redis)
    await dispatch.enqueue(order("runs"))
    await dispatch.enqueue(order("waits"), priority=1)
    await Scripts(outage_redis).claim(args=["w", 1, 1, VERSION, *CLAUDE])
    before = await dispatch.server()
    await restart(valkey, outage_redis)

    after = await dispatch.server()
    assert (before.open, after.open) == (True, False)
    assert before.run_id != after.run_id
    assert await dispatch.open(before.run_id) is False
    assert await claim(outage_redis) == (-1, [])
    assert await dispatch.cancel("never.1") == "unknown"  # it would sweep
    assert (await dispatch.place("runs.1")).state == "running"

    await open_dispatch(outage_redis)
    due, claimed = await claim(outage_redis)
    assert claimed == [b"waits.1"]
    assert 0 < due <= 5000
    assert (await dispatch.place("runs.1")).state == "running"


async def test_a_backup_of_an_opened_server_is_closed_where_it_is_restored(
    valkey: Valkey, redis: ArqRedis, order: Order
) -> None:
    other = connect(valkey.url)
    await (await open_dispatch(other)).enqueue(order("old"))
    async for key in other.scan_iter("*"):
        await redis.restore(key, 0, await other.dump(key))
    await other.aclose()

    assert not (await Dispatch(redis).server()).open
    assert await claim(redis) == (-1, [])


async def test_what_runs_goes_on_and_ends_while_the_server_is_closed(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
    happening: Happening,
    redis: ArqRedis,
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, lease=0.5)
    await eventually(lambda: record.started == ["one"])
    await redis.delete("jca:open")
    await dispatch.enqueue(order("two"))
    await asyncio.sleep(1)  # two leases
    assert await record.leases[0].current()
    record.go_on.set()

    await happening("finished")
    assert record.started == ["one"]


async def test_every_dispatch_is_found_with_its_order(dispatch: Dispatch, order: Order, redis: ArqRedis) -> None:
    orders = [order(f"j{number}", repository=f"r{number % 7}") for number in range(700)]
    assert await dispatch.ids() == []
    for one in orders:
        await dispatch.enqueue(one)
    await claim(redis)

    assert sorted(await dispatch.ids()) == sorted(one.dispatch_id for one in orders)
    assert await dispatch.order("j3.1") == orders[3]
    assert await dispatch.order("never.1") is None
    await redis.set("arq:job:j4.1", b"\x80\x04not json")
    await redis.set("arq:job:j5.1", '{"f": "run", "a": [{"v": 9}], "k": {}, "t": null, "et": 1}')
    assert [await dispatch.order("j4.1"), await dispatch.order("j5.1")] == [None, None]


async def test_a_waiting_dispatch_is_withdrawn_without_a_word(
    dispatch: Dispatch, order: Order, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    await dispatch.withdraw("one.1")
    await dispatch.withdraw("one.1")

    assert await dispatch.ids() == []
    assert [event.kind for event in await happened()] == ["queued"]


async def test_a_running_dispatch_that_is_withdrawn_stops_and_is_not_called_cancelled(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
    happened: Happened,
    happening: Happening,
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, lease=30)
    await eventually(lambda: record.started == ["one"])
    await dispatch.withdraw("one.1")

    await happening("withdrawn")
    assert [event.kind for event in await happened()] == ["queued", "claimed", "withdrawn"]
    assert record.ended == []
    assert await dispatch.ids() == []


@pytest.mark.parametrize("ending", ["cancelled", "finished", "released"])
@pytest.mark.parametrize("words", [("cancel", "withdraw"), ("withdraw", "cancel")])
async def test_withdrawing_counts_more_than_cancelling_and_than_how_the_run_ends(
    ending: str, words: tuple[str, str], dispatch: Dispatch, order: Order, redis: ArqRedis, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    await claim(redis)
    for word in words:
        await getattr(dispatch, word)("one.1")
    token = await redis.hget("jca:job:one.1", "token")
    await Scripts(redis).release(args=["one.1", token, ending, "{}"])

    assert [event.kind for event in await happened()] == ["queued", "claimed", "withdrawn"]
    assert await dispatch.ids() == []


async def test_a_withdrawn_dispatch_whose_worker_died_does_not_run_again(
    dispatch: Dispatch, order: Order, redis: ArqRedis, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    await claim(redis, lease=1)
    await redis.hset("jca:job:one.1", "stop", "withdrawn")  # the word was said while its worker still lived
    await asyncio.sleep(0.02)

    assert await claim(redis) == (-1, [])
    assert [event.kind for event in await happened()] == ["queued", "claimed", "lost", "withdrawn"]
