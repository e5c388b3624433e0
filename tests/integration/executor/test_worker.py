"""Runs under a real worker: what is stopped or parked waits at its place, and the next claim goes on from it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from arq.connections import ArqRedis

from jobs.events import Events
from jobs.queue.dispatch import Dispatch
from jobs.queue.offer import Offer
from jobs.queue.worker import make_worker
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import SLEEP, WRITE, Profiles, World, processes, until, workshop

HANG = ("run", {"argv": ["python3", "-c", SLEEP]})
LIMITED = fake.fails(429, "slow down", {"Retry-After": "3600"})


@pytest.fixture
async def dispatch(world: World, redis: ArqRedis) -> Dispatch:
    """An open queue with the world's order in it."""
    world.order = world.with_repository(allowed_commands=("python3",)).order
    queue = Dispatch(redis)
    await queue.open((await queue.server()).run_id)
    await queue.enqueue(world.order)
    return queue


@asynccontextmanager
async def working(world: World, redis: ArqRedis, endpoint: fake.Endpoint) -> AsyncIterator[None]:
    """A worker that is stopped as by SIGTERM when the block ends."""
    worker = make_worker(
        redis,
        name="here",
        run=workshop(world, redis, Profiles(endpoint.profile())).run,
        offers=lambda: [Offer("fake", fake.MODEL)],
        max_jobs=1,
        job_timeout=60,
        handle_signals=False,
    )
    serving = asyncio.create_task(worker.serve())
    yield
    serving.cancel()
    await asyncio.wait({serving})


async def said(redis: ArqRedis) -> list[str]:
    """The kinds of everything that ended or interrupted a claim, in order."""
    kinds = [event.kind for event in await Events(redis).read("0", block_ms=0)]
    return [kind for kind in kinds if kind not in {"queued", "stage", "usage"}]


async def told(redis: ArqRedis, kind: str) -> None:
    while kind not in await said(redis):  # noqa: ASYNC110 - the stream is read by polling here
        await asyncio.sleep(0.02)


async def test_a_worker_that_is_stopped_keeps_the_change_and_the_next_goes_on(
    world: World, redis: ArqRedis, dispatch: Dispatch
) -> None:
    async with fake.serving([fake.calls(WRITE), fake.calls(HANG)]) as endpoint, working(world, redis, endpoint):
        await until(lambda: processes(SLEEP))
    interrupted = await said(redis)
    place = await dispatch.place(world.order.dispatch_id)
    async with fake.serving([fake.finishes()]) as endpoint, working(world, redis, endpoint):
        await told(redis, "finished")
    events = await Events(redis).read("0", block_ms=0)
    [result] = [RunResult.model_validate(event.data["result"]) for event in events if event.kind == "result"]

    assert (interrupted, place.state) == (["claimed", "released"], "queued")
    assert (result.outcome, result.files) == ("published", ("answer.txt",))


async def test_a_limited_account_is_not_asked_again_and_the_job_waits_at_its_place(
    world: World, redis: ArqRedis, dispatch: Dispatch
) -> None:
    async with fake.serving([fake.calls(WRITE), LIMITED]) as endpoint, working(world, redis, endpoint):
        await told(redis, "released")
        await dispatch.wake()
        await asyncio.sleep(0.2)
        asked = len(endpoint.requests)

    assert asked == 2
    assert await said(redis) == ["claimed", "parked", "released"]
    assert (await dispatch.place(world.order.dispatch_id)).state == "queued"


async def test_a_job_a_person_cancels_ends_as_cancelled_and_reports_nothing(
    world: World, redis: ArqRedis, dispatch: Dispatch
) -> None:
    async with fake.serving([fake.calls(WRITE), fake.calls(HANG)]) as endpoint, working(world, redis, endpoint):
        await until(lambda: processes(SLEEP))
        assert await dispatch.cancel(world.order.dispatch_id) == "stopping"
        await told(redis, "cancelled")

    assert await said(redis) == ["claimed", "cancelled"]
    assert not processes(SLEEP)
