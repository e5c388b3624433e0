"""The order in which jobs are claimed, and what is never claimed."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.order import VERSION
from jobs.queue.dispatch import Dispatch
from jobs.queue.offer import Offer
from tests.integration.queue.crew import CLAUDE, CODEX, Eventually, Happened, Order, Record, Start


async def test_jobs_start_by_priority_and_then_in_the_order_they_came_across_all_lanes(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    lanes = [("claude", "payments"), ("codex", "website"), ("claude", "website"), ("codex", "payments")]
    for number in range(12):
        account, repository = lanes[number % 4]
        priority = 7 if number in {5, 10} else 2 if number == 0 else 5
        await dispatch.enqueue(order(f"j{number:02}", account=account, repository=repository), priority=priority)

    start(record, offers=lambda: [CODEX, CLAUDE])
    await eventually(lambda: len(record.ended) == 12)

    expected = ["j05", "j10", *(f"j{number:02}" for number in range(1, 12) if number not in {5, 10}), "j00"]
    assert record.started == expected


async def test_an_account_that_is_not_ready_is_never_claimed_and_holds_up_nobody(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    for number in range(200):
        await dispatch.enqueue(order(f"w{number}", account="waiting", repository=f"r{number % 20}"), priority=9)
    start(record)
    for number in range(20):
        await dispatch.enqueue(order(f"r{number}"))
    await eventually(lambda: len(record.ended) == 20)

    assert not [job for job in record.started if job.startswith("w")]
    assert (await dispatch.place("w0.1")).position == 1
    assert (await dispatch.place("w199.1")).position == 200


async def test_a_worker_without_any_ready_account_claims_nothing_until_one_becomes_ready(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    ready: list[Offer] = []
    await dispatch.enqueue(order("one"))
    start(record, offers=lambda: ready, lease=20)
    await asyncio.sleep(0.2)
    assert record.started == []

    ready.append(CLAUDE)
    began = time.monotonic()
    await dispatch.wake()
    await eventually(lambda: record.ended == ["one"])
    assert time.monotonic() - began < 4  # a look by itself would come after 5 s


async def test_one_dispatch_is_there_once_and_may_come_again_after_its_end(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, happened: Happened
) -> None:
    assert await dispatch.enqueue(order("one")) is True
    assert await dispatch.enqueue(order("one")) is False
    start(record)
    await eventually(lambda: record.ended == ["one"])

    async def gone() -> bool:
        return (await dispatch.place("one.1")).state == "gone"

    await eventually(gone)
    assert await dispatch.enqueue(order("one")) is True
    await eventually(lambda: record.ended == ["one", "one"])
    assert [event.kind for event in await happened()][:4] == ["queued", "claimed", "finished", "queued"]


async def test_a_priority_that_does_not_exist_is_refused(dispatch: Dispatch, order: Order) -> None:
    with pytest.raises(errors.BadInput, match=r"0 \(last\) to 9 \(first\)"):
        await dispatch.enqueue(order("one"), priority=10)
    assert await dispatch.ids() == []


async def test_an_order_of_a_newer_version_waits_without_blocking_or_spinning(
    dispatch: Dispatch,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
    happened: Happened,
    redis: ArqRedis,
) -> None:
    await dispatch.enqueue(order("newer", v=VERSION + 1))
    await dispatch.enqueue(order("ours"))
    start(record)
    await eventually(lambda: record.ended == ["ours"])
    before = (await redis.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0)
    await asyncio.sleep(0.5)
    after = (await redis.info("commandstats")).get("cmdstat_evalsha", {}).get("calls", 0)

    assert after - before < 10
    assert (await dispatch.place("newer.1")).state == "queued"
    assert [event.dispatch_id for event in await happened("claimed")] == ["ours.1"]


async def test_places_are_counted_within_an_account_and_know_what_runs(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("runs"))
    start(record)
    await eventually(lambda: record.started == ["runs"])
    await dispatch.enqueue(order("last", repository="website"), priority=1)
    await dispatch.enqueue(order("first"))
    await dispatch.enqueue(order("other", account="codex"))

    places = await dispatch.places(["runs.1", "last.1", "first.1", "other.1", "never.1"])
    seen = {dispatch_id: (place.state, place.position, place.account) for dispatch_id, place in places.items()}
    assert seen == {
        "runs.1": ("running", 0, "claude"),
        "last.1": ("queued", 2, "claude"),
        "first.1": ("queued", 1, "claude"),
        "other.1": ("queued", 1, "codex"),
        "never.1": ("gone", 0, ""),
    }
    assert {"runs.1", "first.1", "never.1"} & set(await dispatch.ids()) == {"runs.1", "first.1"}
    assert await dispatch.places([]) == {}


async def test_redis_holds_json_only_and_keeps_nothing_of_an_ended_job(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, redis: ArqRedis
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    await dispatch.enqueue(order("two"))
    start(record)
    await eventually(lambda: len(record.started) == 1)
    jobs = [key async for key in redis.scan_iter("arq:job:*")]
    assert len(jobs) == 2
    for key in jobs:
        kept = json.loads(await redis.get(key))
        assert kept["a"][0]["provider"] == "claude"
        assert await redis.ttl(key) == -1
    async for key in redis.scan_iter("*"):
        if await redis.type(key) == b"string":
            assert not (await redis.get(key)).startswith(b"\x80")  # how every pickle since protocol 2 begins

    record.go_on.set()
    await eventually(lambda: len(record.ended) == 2)

    async def nothing_left() -> bool:
        left = {key.decode() async for key in redis.scan_iter("*")}
        return left <= {"jca:events", "jca:sequence", "jca:fence", "jca:open"}

    await eventually(nothing_left)
