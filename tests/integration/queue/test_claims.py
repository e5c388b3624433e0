"""Claims: leases, fencing, endings, cancelling."""

from __future__ import annotations

import asyncio
import time

from arq.connections import ArqRedis

from jobs.order import VERSION
from jobs.queue.dispatch import Dispatch
from jobs.queue.scripts import Scripts
from jobs.queue.worker import Lease
from tests.integration.queue.crew import CLAUDE, Eventually, Happened, Happening, Order, Record, Start, Stop


async def test_two_workers_never_run_one_job_twice(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    for number in range(300):
        await dispatch.enqueue(order(f"j{number}", repository=f"r{number % 5}"))
    start(record, name="one", max_jobs=5)
    start(record, name="two", max_jobs=5)
    await eventually(lambda: len(record.ended) >= 300)
    await asyncio.sleep(0.1)

    assert len(record.ended) == len(set(record.ended)) == 300
    assert len({lease.token for lease in record.leases}) == 300


async def test_a_run_longer_than_its_lease_keeps_it(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, happened: Happened
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("long"))
    start(record, name="one", lease=0.5)
    await eventually(lambda: record.started == ["long"])
    start(record, name="two", lease=0.5)
    await asyncio.sleep(2)
    assert await record.leases[0].current()
    assert await dispatch.current("long.1", record.leases[0].token)
    record.go_on.set()
    await eventually(lambda: record.ended == ["long"])

    assert record.started == ["long"]
    assert await happened("lost") == []


async def test_a_run_whose_lease_was_taken_is_told_cancelled_and_fenced(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
    happened: Happened,
    redis: ArqRedis,
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, name="one", lease=1)
    await eventually(lambda: record.started == ["one"])
    await redis.hset("jca:job:one.1", "token", "two:9999999999999999")  # as if another worker had claimed it
    lease = record.leases[0]

    assert await lease.current() is False
    await asyncio.wait_for(lease.lost.wait(), 30)
    assert not await dispatch.current("one.1", lease.token)
    assert (await dispatch.place("one.1")).state == "running"
    assert [event.kind for event in await happened()] == ["queued", "claimed"]


async def test_the_heartbeat_cancels_a_run_that_has_lost_its_lease(
    dispatch: Dispatch, order: Order, start: Start, eventually: Eventually, redis: ArqRedis
) -> None:
    seen: list[str] = []

    async def run(_order: object, _lease: object) -> None:
        seen.append("started")
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise

    await dispatch.enqueue(order("one"))
    start(run, lease=1)
    await eventually(lambda: seen == ["started"])
    await redis.hset("jca:job:one.1", "token", "two:9999999999999999")
    await eventually(lambda: seen == ["started", "cancelled"])


async def test_a_job_claimed_again_here_waits_until_its_lost_run_has_wound_down(
    dispatch: Dispatch, order: Order, start: Start, eventually: Eventually, redis: ArqRedis
) -> None:
    alive, most = 0, 0
    runs: list[str] = []

    async def run(_order: object, lease: Lease) -> None:
        nonlocal alive, most
        alive += 1
        most = max(most, alive)
        runs.append(lease.token)
        try:
            await asyncio.sleep(60 if len(runs) == 1 else 0)
        finally:
            await asyncio.sleep(0.3)
            alive -= 1

    await dispatch.enqueue(order("one"))
    start(run, max_jobs=2, lease=1)
    await eventually(lambda: len(runs) == 1)
    await redis.zadd("jca:leases", {"one.1": 1})
    await dispatch.cancel("other.1")  # any sweep takes the lease away
    await eventually(lambda: len(runs) == 2)

    async def ended() -> bool:
        return (await dispatch.place("one.1")).state == "gone"

    await eventually(ended)
    assert most == 1


async def test_an_exception_ends_the_job_and_says_which_without_secrets(
    dispatch: Dispatch, order: Order, start: Start, happening: Happening
) -> None:
    async def run(_order: object, _lease: object) -> None:
        raise ValueError("the key sk-abcdefghijklmnop1234 is not known \ud800")

    await dispatch.enqueue(order("one"))
    start(run)

    [event] = await happening("failed")
    assert event.data["error"] == "ValueError"
    assert event.data["message"] == "the key ••• is not known ?"
    assert event.data["token"].startswith("one:")
    assert (await dispatch.place("one.1")).state == "gone"


async def test_a_run_that_takes_longer_than_allowed_fails(
    dispatch: Dispatch, order: Order, start: Start, record: Record, happening: Happening
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, job_timeout=0.2)

    [event] = await happening("failed")
    assert event.data["error"] == "TimeoutError"
    assert record.ended == []


async def test_an_order_that_cannot_be_read_fails_and_does_not_stop_the_worker(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
    happened: Happened,
    redis: ArqRedis,
) -> None:
    await dispatch.enqueue(order("bad"))
    await dispatch.enqueue(order("gone"))
    await dispatch.enqueue(order("good"))
    await redis.set("arq:job:bad.1", b"\x80\x04not json")
    await redis.delete("arq:job:gone.1")
    start(record)
    await eventually(lambda: record.ended == ["good"])

    assert {event.dispatch_id for event in await happened("failed")} == {"bad.1", "gone.1"}


async def test_a_waiting_job_is_cancelled_at_once_without_any_worker(
    dispatch: Dispatch, order: Order, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    await dispatch.enqueue(order("two"))

    assert await dispatch.cancel("one.1") == "cancelled"
    assert await dispatch.cancel("one.1") == "unknown"
    assert (await dispatch.place("two.1")).position == 1
    assert [event.kind for event in await happened()] == ["queued", "queued", "cancelled"]


async def test_a_running_job_is_cancelled_soon_through_its_worker(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, happening: Happening
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, lease=30)  # the heartbeat alone would take 7 s
    await eventually(lambda: record.started == ["one"])
    await asyncio.sleep(0.1)

    began = time.monotonic()
    assert await dispatch.cancel("one.1") == "stopping"

    await happening("cancelled")
    assert time.monotonic() - began < 5
    assert record.ended == []
    assert (await dispatch.place("one.1")).state == "gone"


async def test_a_cancellation_whose_message_got_lost_arrives_with_the_heartbeat(
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
    start(record, lease=1)
    await eventually(lambda: record.started == ["one"])
    await redis.hset("jca:job:one.1", "stop", "cancelled")

    await happening("cancelled")


async def test_a_run_that_ends_well_although_it_was_cancelled_has_finished(
    dispatch: Dispatch, order: Order, start: Start, happened: Happened, happening: Happening
) -> None:
    began = asyncio.Event()

    async def run(_order: object, _lease: object) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(0.1)  # keeps what was made and reports the end by itself

    await dispatch.enqueue(order("one"))
    start(run)
    await began.wait()
    await dispatch.cancel("one.1")

    await happening("finished")
    assert await happened("cancelled") == []


async def test_what_a_dead_worker_held_is_cancelled_without_any_worker(
    dispatch: Dispatch, order: Order, redis: ArqRedis, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    await Scripts(redis).claim(args=["dead", 1, 1, VERSION, *CLAUDE])
    await asyncio.sleep(0.05)

    assert await dispatch.cancel("one.1") == "cancelled"
    assert [event.kind for event in await happened()] == ["queued", "claimed", "lost", "cancelled"]


async def test_a_stopped_worker_gives_its_jobs_back_to_their_old_place_without_counting_a_crash(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    stop: Stop,
    record: Record,
    eventually: Eventually,
    happened: Happened,
    redis: ArqRedis,
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    for _ in range(7):
        worker = start(record)
        await eventually(lambda: bool(record.started) and record.started.pop() == "one")
        await dispatch.enqueue(order("two"))
        await stop(worker)
        assert (await dispatch.place("one.1")).position == 1

    assert await redis.hget("jca:job:one.1", "deaths") is None
    assert len(await happened("released")) == 7
    assert await happened("crashed") == []


async def test_the_lease_is_renewed_while_a_stopped_worker_winds_down(
    dispatch: Dispatch, order: Order, start: Start, stop: Stop, happened: Happened
) -> None:
    began = asyncio.Event()

    async def run(_order: object, _lease: object) -> None:
        began.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(1.5)

    await dispatch.enqueue(order("one"))
    worker = start(run, lease=0.5)
    await began.wait()
    start(run, name="two", lease=0.5)
    await stop(worker)

    assert [event.kind for event in await happened()][:3] == ["queued", "claimed", "released"]


async def test_a_job_that_kills_its_worker_again_and_again_is_given_up(
    dispatch: Dispatch, order: Order, redis: ArqRedis, happened: Happened, start: Start, record: Record
) -> None:
    await dispatch.enqueue(order("poison"))
    scripts = Scripts(redis)
    for _ in range(3):
        _, claimed = await scripts.claim(args=["dead", 1, 1, VERSION, *CLAUDE])
        assert claimed[0] == b"poison.1"
        await asyncio.sleep(0.05)
    start(record)
    await asyncio.sleep(0.2)

    assert record.started == []
    [crashed] = await happened("crashed")
    deaths = crashed.data.pop("deaths")
    assert crashed.data == {"crashes": 3, "worker": "dead"}
    assert [death["worker"] for death in deaths] == ["dead"] * 3
    assert [death["at"] for death in deaths] == sorted(death["at"] for death in deaths)
    assert abs(deaths[-1]["at"] - time.time() * 1000) < 60_000
    assert [event.data["crashes"] for event in await happened("lost")] == [1, 2, 3]
    assert (await dispatch.place("poison.1")).state == "gone"
