"""Places: how waiting counts against priority, and jobs that wait for a moment."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.order import VERSION
from jobs.queue.dispatch import Dispatch
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, Eventually, Happened, Order, Record, Start

HOUR = timedelta(hours=1)


def now() -> datetime:
    return datetime.now(UTC)


async def test_a_step_of_priority_is_worth_an_hour_of_waiting(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    moment = now()
    await dispatch.enqueue(order("new-first"), priority=9, since=moment)
    await dispatch.enqueue(order("old-last", repository="website"), priority=0, since=moment - 9.5 * HOUR)
    await dispatch.enqueue(order("new-usual"), since=moment)
    await dispatch.enqueue(order("older-usual", repository="website"), since=moment - 0.5 * HOUR)
    await dispatch.enqueue(order("urgent"), priority=6, since=moment)
    start(record)
    await eventually(lambda: len(record.ended) == 5)

    assert record.started == ["old-last", "new-first", "urgent", "older-usual", "new-usual"]


async def test_whoever_waited_before_a_loss_gets_its_old_place(dispatch: Dispatch, order: Order) -> None:
    await dispatch.enqueue(order("came-later"))
    await dispatch.enqueue(order("lost"), since=now() - timedelta(minutes=5))

    places = await dispatch.places(["lost.1", "came-later.1"])
    assert [place.position for place in places.values()] == [1, 2]


async def test_moments_that_are_given_are_never_the_same_even_if_the_clock_is_set_back(
    dispatch: Dispatch, order: Order, redis: ArqRedis
) -> None:
    await redis.set("jca:sequence", str(int((now() + HOUR).timestamp()) * 1_000_000))
    for name in ("c", "a", "b"):
        await dispatch.enqueue(order(name))

    scores = [score for _, score in await redis.zrange("jca:waiting:claude", 0, -1, withscores=True)]
    assert await redis.zrange("jca:waiting:claude", 0, -1) == [b"c.1", b"a.1", b"b.1"]
    assert [scores[1] - scores[0], scores[2] - scores[1]] == [1, 1]


async def test_a_delayed_job_starts_when_it_is_due_and_keeps_its_place(
    dispatch: Dispatch, order: Order, redis: ArqRedis, happened: Happened
) -> None:
    scripts = Scripts(redis)
    await dispatch.enqueue(order("later"), not_before=now() + HOUR)
    await dispatch.enqueue(order("soon"), not_before=now() - HOUR)
    await dispatch.enqueue(order("next"))
    places = await dispatch.places(["later.1", "soon.1", "next.1"])
    assert [(place.state, place.position) for place in places.values()] == [
        ("delayed", 0),
        ("queued", 1),
        ("queued", 2),
    ]
    assert "later.1" in await dispatch.ids()
    assert (await scripts.claim(args=["w", 5000, 1, VERSION, *CLAUDE]))[1][0] == b"soon.1"

    await redis.zadd("jca:later", {"later.1": 1})  # as if the hour was over
    assert (await scripts.claim(args=["w", 5000, 1, VERSION, *CLAUDE]))[1][0] == b"later.1"
    assert [event.kind for event in await happened()] == ["queued"] * 3 + ["claimed"] * 2


async def test_a_worker_wakes_by_itself_for_what_becomes_due(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, redis: ArqRedis
) -> None:
    await dispatch.enqueue(order("later"), not_before=now() + timedelta(seconds=0.5))
    due, _ = await Scripts(redis).claim(args=["w", 5000, 0, VERSION])
    assert 0 < due <= 500
    start(record, lease=60)
    await eventually(lambda: record.ended == ["later"], seconds=4)  # a look by itself would come after 5 s


async def test_what_waits_is_put_off_and_brought_back_at_its_old_place(
    dispatch: Dispatch, order: Order, redis: ArqRedis
) -> None:
    for name in ("runs", "a", "b", "c"):
        await dispatch.enqueue(order(name, repository=name))
    await Scripts(redis).claim(args=["w", 5000, 1, VERSION, *CLAUDE])

    assert await dispatch.defer(["runs.1", "a.1", "b.1", "never.1"], now() + HOUR) == 2
    states = {name: (await dispatch.place(f"{name}.1")).state for name in ("runs", "a", "b", "c", "never")}
    assert states == {"runs": "running", "a": "delayed", "b": "delayed", "c": "queued", "never": "gone"}
    assert await dispatch.undefer(["runs.1", "a.1", "c.1", "never.1"]) == 1
    assert await redis.zrange("jca:waiting:claude", 0, -1) == [b"a.1", b"c.1"]


async def test_putting_off_again_brings_nothing_forward(dispatch: Dispatch, order: Order, redis: ArqRedis) -> None:
    await dispatch.enqueue(order("one"), not_before=now() + 3 * HOUR)
    before = await redis.zscore("jca:later", "one.1")

    assert await dispatch.defer(["one.1"], now() + HOUR) == 1
    assert await redis.zscore("jca:later", "one.1") == before
    await dispatch.defer(["one.1"], now() + 4 * HOUR)
    assert await redis.zscore("jca:later", "one.1") > before


@pytest.mark.parametrize("how", ["cancel", "withdraw"])
async def test_what_is_put_off_can_be_ended_and_leaves_nothing(
    how: str, dispatch: Dispatch, order: Order, redis: ArqRedis
) -> None:
    await dispatch.enqueue(order("one"), not_before=now() + HOUR)
    await getattr(dispatch, how)("one.1")

    assert (await dispatch.place("one.1")).state == "gone"
    assert await redis.exists("jca:later", "jca:job:one.1", "arq:job:one.1", "arq:queue", "jca:wanted") == 0


async def test_a_run_that_cannot_go_on_waits_again_at_its_old_place(
    dispatch: Dispatch, order: Order, start: Start, eventually: Eventually, happened: Happened
) -> None:
    runs: list[str] = []

    async def run(given: object, _lease: object) -> None:
        runs.append(str(given))
        if len(runs) == 1:
            raise errors.WaitAgain

    await dispatch.enqueue(order("one"))
    start(run)
    await eventually(lambda: len(runs) == 2)

    async def finished() -> bool:
        return bool(await happened("finished"))

    await eventually(finished)
    assert [event.kind for event in await happened()] == ["queued", "claimed", "released", "claimed", "finished"]


async def test_more_that_is_due_at_once_than_one_call_moves_is_moved_by_the_next(
    dispatch: Dispatch, order: Order, redis: ArqRedis
) -> None:
    await asyncio.gather(*(dispatch.enqueue(order(f"j{n}"), not_before=now() + HOUR) for n in range(150)))
    await redis.zadd("jca:later", {f"j{n}.1": n + 1 for n in range(150)})
    scripts = Scripts(redis)

    assert (await scripts.claim(args=["w", 5000, 0, VERSION]))[0] == 0
    assert await redis.zcard("jca:waiting:claude") == 100
    assert (await scripts.claim(args=["w", 5000, 0, VERSION]))[0] == -1
    assert await redis.zcard("jca:waiting:claude") == 150
