"""Each script by itself: what it returns, and what stays true whatever is called."""

from __future__ import annotations

import asyncio

import pytest
from arq.connections import ArqRedis

from jobs.order import VERSION
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE
from tests.support.valkey import open_dispatch


@pytest.fixture
async def scripts(redis: ArqRedis) -> Scripts:
    await open_dispatch(redis)
    return Scripts(redis)


async def enqueue(scripts: Scripts, job: str, *, lane: str = "1|payments", priority: int = 5) -> int:
    added: int = await scripts.enqueue(args=[job, "{}", *CLAUDE, lane, priority, "", 0])
    return added


async def claim(scripts: Scripts, worker: str = "w", *, lease: int = 5000, free: int = 1, version: int = 1) -> list:
    _, found = await scripts.claim(args=[worker, lease, free, version, *CLAUDE])
    return [(found[at].decode(), found[at + 1].decode()) for at in range(0, len(found), 3)]


async def test_claim_says_when_the_next_lease_ends(scripts: Scripts) -> None:
    assert await scripts.claim(args=["w", 5000, 1, VERSION, *CLAUDE]) == [-1, []]
    await enqueue(scripts, "a.1")
    due, found = await scripts.claim(args=["w", 5000, 1, VERSION, *CLAUDE])

    assert 4900 < due <= 5001
    assert found[0] == b"a.1"
    assert await scripts.claim(args=["w", 5000, 0, VERSION]) != [-1, []]


async def test_claim_takes_as_many_as_are_free_and_none_twice(scripts: Scripts) -> None:
    for number in range(5):
        await enqueue(scripts, f"{number}.1", lane=f"1|r{number % 2}")
    first, second = await claim(scripts, free=3), await claim(scripts, free=9)

    assert [job for job, _ in first + second] == [f"{number}.1" for number in range(5)]
    assert await claim(scripts, free=9) == []


async def test_claim_takes_no_lease_away_during_grace_and_asks_to_look_after_it(
    scripts: Scripts, redis: ArqRedis
) -> None:
    await enqueue(scripts, "a.1")
    await claim(scripts, lease=1)
    await asyncio.sleep(0.02)
    await redis.set("jca:grace", "1", px=400)

    due, found = await scripts.claim(args=["other", 5000, 1, VERSION, *CLAUDE])
    assert found == []
    assert 200 < due <= 400
    await asyncio.sleep(due / 1000 + 0.02)
    assert [job for job, _ in await claim(scripts, "other")] == ["a.1"]


async def test_a_job_claimed_again_comes_before_those_that_came_after_it(scripts: Scripts) -> None:
    for job in ("a.1", "b.1", "c.1"):
        await enqueue(scripts, job)
    await claim(scripts, lease=1)
    await asyncio.sleep(0.02)
    assert [job for job, _ in await claim(scripts, free=3)] == ["a.1", "b.1", "c.1"]


async def test_tokens_only_grow_even_across_a_loss_of_all_state(scripts: Scripts, redis: ArqRedis) -> None:
    numbers = []
    for turn in range(4):
        if turn == 2:
            await redis.flushall()
            await open_dispatch(redis)
        await enqueue(scripts, f"{turn}.1")
        [(_, token)] = await claim(scripts)
        numbers.append(int(token.removeprefix("w:")))
    assert numbers == sorted(set(numbers))


async def test_renew_tells_what_is_lost_and_what_was_cancelled(scripts: Scripts, redis: ArqRedis) -> None:
    for job in ("a.1", "b.1", "c.1"):
        await enqueue(scripts, job)
    (a, token_a), (b, token_b), (c, token_c) = await claim(scripts, lease=1000, free=3)
    await redis.hset("jca:job:b.1", "token", "other:1")
    await scripts.cancel(args=["c.1", "cancelled"])
    before = await redis.zscore("jca:leases", "a.1")
    await asyncio.sleep(0.02)

    lost, cancelled = await scripts.renew(args=[1000, 0, a, token_a, b, token_b, c, token_c])
    assert (lost, cancelled) == ([token_b.encode()], [token_c.encode()])
    assert await redis.zscore("jca:leases", "a.1") > before
    assert await redis.exists("jca:grace") == 0
    await scripts.renew(args=[1000, 1])
    assert 900 < await redis.pttl("jca:grace") <= 1000


@pytest.mark.parametrize("kind", ["released", "finished", "failed", "cancelled"])
async def test_release_with_a_token_that_does_not_hold_changes_nothing(
    kind: str, scripts: Scripts, redis: ArqRedis
) -> None:
    await enqueue(scripts, "a.1")
    [(_, token)] = await claim(scripts)
    before = await _everything(redis)

    assert await scripts.release(args=["a.1", "w:1", kind, "{}"]) == 0
    assert await scripts.release(args=["never.1", token, kind, "{}"]) == 0
    assert await _everything(redis) == before
    assert await scripts.release(args=["a.1", token, kind, "{}"]) == 1
    assert await scripts.release(args=["a.1", token, kind, "{}"]) == 0


async def test_a_release_after_a_cancellation_ends_the_job(scripts: Scripts, redis: ArqRedis) -> None:
    await enqueue(scripts, "a.1")
    [(_, token)] = await claim(scripts)
    assert await scripts.cancel(args=["a.1", "cancelled"]) == b"stopping"
    await scripts.release(args=["a.1", token, "released", "{}"])

    kinds = [fields[b"k"].decode() for _, fields in await redis.xrange("jca:events")]
    assert kinds == ["queued", "claimed", "released", "cancelled"]
    assert await scripts.place(args=["a.1"]) == [b"gone", 0, b""]


async def test_a_record_that_somebody_deleted_stops_nobody_and_can_be_dispatched_again(
    scripts: Scripts, redis: ArqRedis
) -> None:
    await enqueue(scripts, "a.1")
    await enqueue(scripts, "b.1")
    await claim(scripts, lease=1)
    await redis.delete("jca:job:a.1")
    await asyncio.sleep(0.02)

    assert [job for job, _ in await claim(scripts, free=2)] == ["b.1"]
    assert await enqueue(scripts, "a.1") == 1


async def _everything(redis: ArqRedis) -> dict[bytes, bytes]:
    return {key: await redis.dump(key) async for key in redis.scan_iter("*")}
