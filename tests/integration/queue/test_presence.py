"""Which workers are there, and what they can run."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from arq.connections import ArqRedis

from jobs.queue.dispatch import Dispatch
from jobs.queue.offer import Offer
from jobs.queue.presence import Presence
from jobs.readiness import Readiness, State, Step
from tests.integration.queue.crew import CLAUDE, Eventually, Order, Record, Start

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def presence(redis: ArqRedis) -> Presence:
    return Presence(redis)


def readiness(worker: str, account: str = "claude", state: State = State.READY) -> Readiness:
    step = Step(name="reach", ok=state is State.READY, detail="answered 200 «ok»")
    return Readiness(
        account=account,
        model="m",
        worker=worker,
        state=state,
        reason="",
        steps=(step,),
        checked_at=MOMENT,
        expires_at=MOMENT,
    )


async def test_what_workers_publish_is_read_back_by_worker(presence: Presence) -> None:
    mine = [readiness("b"), readiness("b", "codex", State.BLOCKED)]
    await presence.publish("b", mine, 10)
    await presence.publish("a", [readiness("a")], 10)
    await presence.publish("c", [], 10)

    assert await presence.readiness() == [readiness("a"), *mine]
    assert await presence.workers() == ["a", "b", "c"]


async def test_workers_say_how_many_jobs_they_run_at_a_time(presence: Presence, redis: ArqRedis) -> None:
    await presence.publish("four", [], 10, slots=4)
    await presence.publish("one", [], 10)
    await redis.set("jca:worker:one", '{"v": 1, "readiness": []}')  # written before slots were told

    assert await presence.slots() == {"four": 4, "one": 1}


async def test_a_worker_that_has_gone_quiet_is_gone_with_all_it_said(presence: Presence, redis: ArqRedis) -> None:
    await presence.publish("quiet", [readiness("quiet")], 0.05)
    await presence.publish("alive", [readiness("alive")], 10)
    await asyncio.sleep(0.1)

    assert await presence.workers() == ["alive"]
    assert [known.worker for known in await presence.readiness()] == ["alive"]
    await presence.publish("alive", [readiness("alive")], 10)
    assert await redis.zrange("jca:workers", 0, -1) == [b"alive"]


async def test_a_worker_of_a_newer_version_is_there_though_its_words_are_not_understood(
    presence: Presence, redis: ArqRedis
) -> None:
    await presence.publish("newer", [], 10)
    await redis.set("jca:worker:newer", '{"v": 2, "readiness": "in another shape"}')

    assert await presence.workers() == ["newer"]
    assert await presence.readiness() == []


async def test_publishing_something_new_wakes_idle_workers_and_repeating_it_does_not(
    presence: Presence, redis: ArqRedis
) -> None:
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe("jca:wake")
        await channel.get_message(timeout=0.2)
        await presence.publish("one", [readiness("one", state=State.BLOCKED)], 10)
        assert (await channel.get_message(timeout=2))["data"] == b"*"
        await presence.publish("one", [readiness("one", state=State.BLOCKED)], 10)
        assert await channel.get_message(timeout=0.2) is None
        await presence.publish("one", [readiness("one")], 10)
        assert (await channel.get_message(timeout=2))["data"] == b"*"


async def test_an_idle_worker_claims_as_soon_as_its_account_is_published_ready(
    presence: Presence, dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    ready: list[Offer] = []
    await dispatch.enqueue(order("one"))
    start(record, offers=lambda: ready, lease=60)
    await asyncio.sleep(0.2)
    ready.append(CLAUDE)
    await presence.publish("one", [readiness("one")], 10)

    await eventually(lambda: record.ended == ["one"], seconds=3)
