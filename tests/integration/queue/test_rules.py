"""Limits and holds: what is claimed beside the order of the lanes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from arq.connections import ArqRedis

from jobs import holds
from jobs.order import VERSION
from jobs.queue.dispatch import Dispatch
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, CODEX, Eventually, Order, Record, Start

PAYMENTS, WEBSITE = holds.repository("payments"), holds.repository("website")


@pytest.fixture
def scripts(redis: ArqRedis) -> Scripts:
    return Scripts(redis)


async def claim(scripts: Scripts, free: int = 9, lease: int = 5000) -> list[str]:
    """What is claimed for both accounts."""
    _, found = await scripts.claim(args=["w", lease, free, VERSION, *CLAUDE, *CODEX])
    return [job.decode() for job in found[::3]]


async def token(redis: ArqRedis, job: str) -> str:
    return (await redis.hget(f"jca:job:{job}", "token")).decode()


async def fill(dispatch: Dispatch, order: Order) -> None:
    """Two of each account in each of two repositories."""
    for account in ("claude", "codex"):
        for repository in ("payments", "website"):
            for number in (1, 2):
                name = f"{account}-{repository}-{number}"
                await dispatch.enqueue(order(name, account=account, repository=repository))


async def test_a_repository_at_its_limit_is_passed_over_and_the_account_goes_on(
    dispatch: Dispatch, order: Order, scripts: Scripts, redis: ArqRedis
) -> None:
    await dispatch.limit({PAYMENTS: 1})
    await fill(dispatch, order)
    first = await claim(scripts)
    assert first == [
        *("claude-payments-1.1", "claude-website-1.1", "claude-website-2.1"),
        *("codex-website-1.1", "codex-website-2.1"),
    ]

    assert await claim(scripts) == []
    await scripts.release(args=["claude-payments-1.1", await token(redis, "claude-payments-1.1"), "finished", "{}"])
    assert await claim(scripts) == ["claude-payments-2.1"]


async def test_an_account_at_its_limit_is_passed_over_and_others_go_on(
    dispatch: Dispatch, order: Order, scripts: Scripts
) -> None:
    await dispatch.limit({holds.account("claude"): 1, WEBSITE: 2})
    await fill(dispatch, order)

    assert await claim(scripts) == [
        *("claude-payments-1.1", "codex-payments-1.1", "codex-payments-2.1"),
        *("codex-website-1.1", "codex-website-2.1"),
    ]


async def test_new_limits_replace_all_and_wake_only_when_they_differ(
    dispatch: Dispatch, order: Order, scripts: Scripts, redis: ArqRedis
) -> None:
    await fill(dispatch, order)
    async with redis.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe("jca:wake")
        await channel.get_message(timeout=0.2)
        await dispatch.limit({PAYMENTS: 0, WEBSITE: 1})
        assert (await channel.get_message(timeout=2))["data"] == b"*"
        assert await claim(scripts) == ["claude-website-1.1"]
        await dispatch.limit({WEBSITE: 1, PAYMENTS: 0})
        assert await channel.get_message(timeout=0.2) is None
        await dispatch.limit({})
        assert (await channel.get_message(timeout=2))["data"] == b"*"

    assert len(await claim(scripts)) == 7
    assert await redis.exists("jca:limits") == 0


async def test_what_a_dead_worker_ran_does_not_count_any_more(
    dispatch: Dispatch, order: Order, scripts: Scripts, redis: ArqRedis
) -> None:
    await dispatch.limit({PAYMENTS: 1})
    await fill(dispatch, order)
    assert await claim(scripts, free=1, lease=1) == ["claude-payments-1.1"]
    await asyncio.sleep(0.02)
    assert await claim(scripts, free=1, lease=1) == ["claude-payments-1.1"]

    await redis.delete("jca:job:claude-payments-1.1")  # nobody knows any more where it ran
    await asyncio.sleep(0.02)
    await claim(scripts)
    await dispatch.limit({PAYMENTS: 1})
    assert await claim(scripts) == ["claude-payments-2.1"]


@pytest.mark.parametrize(
    ("subject", "left"),
    [
        (holds.EVERYTHING, set()),
        (holds.account("claude"), {"codex-payments", "codex-website"}),
        (holds.repository("payments"), {"claude-website", "codex-website"}),
    ],
)
async def test_what_is_held_is_not_claimed_until_it_is_resumed(
    subject: str, left: set[str], dispatch: Dispatch, order: Order, scripts: Scripts
) -> None:
    await dispatch.hold(subject, None)
    await fill(dispatch, order)
    claimed = await claim(scripts)
    assert {job.rpartition("-")[0] for job in claimed} == left
    assert await dispatch.holds() == {subject: None}

    await dispatch.resume(subject)
    assert len(claimed) + len(await claim(scripts)) == 8
    assert await dispatch.holds() == {}


async def test_a_hold_ends_by_itself_and_the_worker_wakes_for_it(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, scripts: Scripts
) -> None:
    until = datetime.now(UTC) + timedelta(seconds=0.6)
    await dispatch.hold(holds.account("claude"), until)
    await dispatch.hold(PAYMENTS, datetime.now(UTC) + timedelta(days=1))
    await dispatch.enqueue(order("one", repository="website"))
    assert (await dispatch.holds())[holds.account("claude")] == until  # exactly
    due, found = await scripts.claim(args=["w", 5000, 1, VERSION, *CLAUDE])
    assert found == []
    assert 0 < due <= 600
    start(record, lease=60)
    await eventually(lambda: record.ended == ["one"], seconds=4)  # a look by itself would come after 5 s

    assert list(await dispatch.holds()) == [PAYMENTS]


async def test_a_later_word_about_a_hold_counts_and_ended_ones_are_cleared_away(
    dispatch: Dispatch, redis: ArqRedis
) -> None:
    await dispatch.hold(PAYMENTS, None)
    await dispatch.hold(PAYMENTS, datetime.now(UTC) - timedelta(seconds=1))
    await dispatch.hold(WEBSITE, datetime(2100, 1, 1, tzinfo=UTC))

    assert await dispatch.holds() == {WEBSITE: datetime(2100, 1, 1, tzinfo=UTC)}
    assert await redis.hkeys("jca:holds") == [WEBSITE.encode()]


async def test_a_worker_that_runs_something_goes_on_when_its_account_is_held(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record)
    await eventually(lambda: record.started == ["one"])
    await dispatch.hold(holds.EVERYTHING, None)
    await dispatch.limit({PAYMENTS: 0})
    assert await record.leases[0].current()
    record.go_on.set()
    await eventually(lambda: record.ended == ["one"])
