"""A provider that limits us parks the account: the job waits at its place, and no attempt of it is spent."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from jobs import errors, holds
from jobs.events import Event, Events
from jobs.queue.dispatch import Dispatch
from jobs.queue.lease import Lease
from jobs.readiness import State
from jobs.reasons import Code
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import WRITE, Profiles, World, workshop
from worker.providers import selftest

HOUR = timedelta(hours=1)
RESETS = fake.fails(429, "Quota used up", {"x-should-retry": "false"}, resets_in_seconds=7200)

LIMITS = {
    "told in a header": (fake.fails(429, "slow down", {"Retry-After": "3600"}), HOUR),
    "told in the body": (RESETS, 2 * HOUR),
    "not told": (fake.fails(429, "slow down", {"x-should-retry": "false"}), timedelta(minutes=15)),
    "used up": (fake.fails(402, "Payment required"), HOUR),
    "longer than a week": (fake.fails(429, "no", {"Retry-After": "99999999"}), timedelta(days=7)),
}


@pytest.mark.parametrize(("limit", "wait"), LIMITS.values(), ids=list(LIMITS))
async def test_a_limit_parks_the_run_until_the_account_may_be_used_again(
    world: World, limit: fake.Answer, wait: timedelta
) -> None:
    before = datetime.now(UTC)
    result = await world.run([limit])

    assert (result.outcome, result.reason.code) == ("parked", Code.QUOTA_REACHED)
    assert result.until
    assert before + wait <= result.until <= datetime.now(UTC) + wait
    assert f"until {result.until:%Y-%m-%d %H:%M} UTC" in result.reason.sentence
    assert world.branches() == []


async def test_a_parked_run_goes_on_from_the_change_it_had_made(world: World) -> None:
    parked = await world.run([fake.calls(WRITE), LIMITS["told in a header"][0]])
    result = await world.run([fake.finishes("It was all there.")])

    assert (parked.outcome, parked.files) == ("parked", ("answer.txt",))
    assert (result.outcome, result.files) == ("published", ("answer.txt",))


async def renewed() -> None:
    """A lease that is never lost."""


async def reported(redis: ArqRedis, kind: str) -> list[Event]:
    return [event for event in await Events(redis).read("0", block_ms=0) if event.kind == kind]


async def test_a_parked_job_is_put_back_and_its_account_held_for_everybody(world: World, redis: ArqRedis) -> None:
    lease = Lease(world.order.dispatch_id, "here:1", renewed)
    async with fake.serving([fake.calls(WRITE), LIMITS["told in a header"][0]]) as endpoint:
        with pytest.raises(errors.WaitAgain):
            await workshop(world, redis, Profiles(endpoint.profile())).run(world.order, lease)
    [parked] = await reported(redis, "parked")
    result = RunResult.model_validate(parked.data["result"])

    assert (parked.data["token"], parked.data["account"]) == ("here:1", "fake")
    assert (result.outcome, result.files) == ("parked", ("answer.txt",))
    held = await Dispatch(redis).holds()
    assert result.until
    assert held.keys() == {holds.account("fake")}
    assert abs((held["account:fake"] or datetime.max.replace(tzinfo=UTC)) - result.until) < timedelta(milliseconds=1)
    assert await reported(redis, "result") == []


async def test_a_run_that_ends_is_reported_with_its_token(world: World, redis: ArqRedis) -> None:
    lease = Lease(world.order.dispatch_id, "here:2", renewed)
    async with fake.serving([fake.calls(WRITE), fake.finishes()]) as endpoint:
        await workshop(world, redis, Profiles(endpoint.profile())).run(world.order, lease)
    [said] = await reported(redis, "result")

    assert (said.data["token"], said.data["result"]["outcome"]) == ("here:2", "published")
    assert await Dispatch(redis).holds() == {}


async def test_a_worker_that_starts_forgets_what_nobody_came_back_to(
    world: World, redis: ArqRedis, tmp_path: Path
) -> None:
    await world.run([fake.calls(WRITE), fake.fails(401, "stop here")])
    (tmp_path / "mirrors/broken.git").mkdir()
    made = workshop(world, redis, Profiles(fake.Endpoint(url="http://127.0.0.1:9").profile()))
    await made.forget()

    assert await world.kept()


@pytest.mark.parametrize("where", ["at the list of models", "at the call"])
async def test_the_self_test_says_until_when_an_account_is_limited(where: str) -> None:
    limit = LIMITS["told in a header"][0]
    async with fake.serving([limit], models=limit if where == "at the list of models" else None) as endpoint:
        readiness = await selftest.self_test(endpoint.profile(), fake.MODEL, worker="here")

    until = datetime.now(UTC) + HOUR
    minutes = {f"{moment:%Y-%m-%d %H:%M}" for moment in (until, until - timedelta(minutes=1))}
    assert readiness.state is State.BLOCKED
    assert any(f": Rate limited until {minute} UTC." in readiness.reason for minute in minutes)


async def test_a_cancelled_run_reports_no_result(world: World, redis: ArqRedis) -> None:
    lease = Lease(world.order.dispatch_id, "here:3", renewed)
    async with fake.serving([fake.hangs()]) as endpoint:
        running = asyncio.create_task(workshop(world, redis, Profiles(endpoint.profile())).run(world.order, lease))
        while not endpoint.requests:  # noqa: ASYNC110 - the endpoint has no event for it
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    assert [*await reported(redis, "result"), *await reported(redis, "parked")] == []
