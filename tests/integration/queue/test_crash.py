"""Worker processes that die, freeze or are stopped, and a server that goes away."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter

import pytest
from arq.connections import ArqRedis

from jobs.events import Events
from jobs.order import VERSION
from jobs.queue.connection import connect
from jobs.queue.dispatch import Dispatch
from jobs.queue.scripts import Scripts
from tests.integration.queue.crew import CLAUDE, Eventually, Happened, Order, Processes, Record, Start, kill, restart
from tests.support.valkey import Valkey, open_dispatch

WORKERS, EACH = 20, 1
JOBS = WORKERS * EACH


async def test_workers_killed_with_twenty_jobs_under_way_lose_nothing_and_each_ends_exactly_once(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, happened: Happened
) -> None:
    for number in range(JOBS):
        await dispatch.enqueue(order(f"j{number}", repository=f"r{number % 3}"))
    doomed = [processes.start(f"doomed{number}", seconds=60, jobs=EACH) for number in range(WORKERS)]
    await eventually(lambda: _count(redis, "test:starts", JOBS), seconds=60)
    for process in doomed:
        os.kill(process.pid, signal.SIGKILL)
    processes.start("rescue", seconds=0.2, jobs=4)
    await eventually(lambda: _count(redis, "test:ends", JOBS), seconds=60)
    await asyncio.sleep(1.5)  # longer than a lease: whatever would run twice had its time

    starts = Counter(entry.decode().split()[0] for entry in await redis.lrange("test:starts", 0, -1))
    ends = Counter(entry.decode() for entry in await redis.lrange("test:ends", 0, -1))
    every = {f"j{number}.1" for number in range(JOBS)}
    assert ends == dict.fromkeys(every, 1)
    assert starts == dict.fromkeys(every, 2)
    for job in every:  # no claim before the one before it was over
        kinds = [event.kind for event in await happened() if event.dispatch_id == job]
        assert kinds == ["queued", "claimed", "lost", "claimed", "finished"]
    assert await dispatch.ids() == []


@pytest.mark.parametrize("moment", ["test:starts", "test:checks"])
async def test_a_worker_frozen_past_its_lease_also_after_its_check_is_fenced_when_it_wakes(
    moment: str,
    dispatch: Dispatch,
    order: Order,
    processes: Processes,
    redis: ArqRedis,
    eventually: Eventually,
    happened: Happened,
) -> None:
    await dispatch.enqueue(order("one"))
    frozen = processes.start("frozen", seconds=0.5, pause=1)
    await eventually(lambda: _count(redis, moment, 1), seconds=30)
    os.kill(frozen.pid, signal.SIGSTOP)
    processes.start("other", seconds=0.5)
    await eventually(lambda: _count(redis, "test:ends", 1), seconds=30)
    os.kill(frozen.pid, signal.SIGCONT)
    await asyncio.sleep(2)

    assert await redis.lrange("test:ends", 0, -1) == [b"one.1"]
    tokens = [entry.decode().split()[1] for entry in await redis.lrange("test:starts", 0, -1)]
    assert [token.partition(":")[0] for token in tokens] == ["frozen", "other"]
    assert [event.data["token"] for event in await happened("finished")] == tokens[1:]
    assert await dispatch.ids() == []


async def test_a_machine_that_was_suspended_past_the_lease_goes_on_with_what_it_ran(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    owner = processes.start("owner", seconds=4)
    await eventually(lambda: _count(redis, "test:starts", 1), seconds=30)
    idle = processes.start("idle", seconds=4)
    await eventually(lambda: _count(redis, "test:ready", 2), seconds=30)
    await asyncio.sleep(0.5)
    for process in (owner, idle):
        os.kill(process.pid, signal.SIGSTOP)
    await asyncio.sleep(2)  # two leases
    os.kill(idle.pid, signal.SIGCONT)  # comes back first, and could take the job away
    await asyncio.sleep(0.3)
    os.kill(owner.pid, signal.SIGCONT)
    await eventually(lambda: _count(redis, "test:ends", 1), seconds=30)

    assert [event.kind for event in await happened()] == ["queued", "claimed", "finished"]


async def test_sigterm_requeues_at_once_and_the_process_ends_well(
    dispatch: Dispatch, order: Order, processes: Processes, redis: ArqRedis, eventually: Eventually, happened: Happened
) -> None:
    await dispatch.enqueue(order("one"))
    for number in range(2):
        process = processes.start(f"deploy{number}", seconds=60, lease=30)
        await eventually(lambda: _count(redis, "test:starts", number + 1), seconds=30)  # noqa: B023 - awaited here
        process.terminate()
        assert await asyncio.to_thread(process.wait, 60) == 0
        assert (await dispatch.place("one.1")).state == "queued"
    processes.start("last", seconds=0, lease=30)
    await eventually(lambda: _count(redis, "test:ends", 1), seconds=30)

    kinds = Counter(event.kind for event in await happened())
    assert kinds == {"queued": 1, "claimed": 3, "released": 2, "finished": 1}


@pytest.mark.parametrize("outage", [2.5, pytest.param(16, marks=pytest.mark.soak)])
async def test_a_worker_survives_a_killed_server_and_each_job_runs_once(
    outage: float,
    valkey: Valkey,
    outage_redis: ArqRedis,
    order: Order,
    start: Start,
    record: Record,
    eventually: Eventually,
) -> None:
    dispatch = await open_dispatch(outage_redis)
    record.go_on.clear()
    await dispatch.enqueue(order("long"))
    start(record, name="one", lease=1, client=outage_redis)
    await eventually(lambda: record.started == ["long"])
    other = connect(valkey.url)
    start(record, name="two", lease=1, client=other)
    await asyncio.sleep(0.5)
    await kill(valkey, outage_redis)
    await asyncio.sleep(outage)
    valkey.start()
    await asyncio.sleep(1.5)
    assert await record.leases[0].current()
    record.go_on.set()
    await eventually(lambda: record.ended == ["long"])
    await dispatch.enqueue(order("next"))
    await asyncio.sleep(0.5)
    assert record.started == ["long"]  # the server that came back is not open
    await open_dispatch(outage_redis)
    await eventually(lambda: record.ended == ["long", "next"])

    assert record.started == ["long", "next"]
    await other.aclose()


async def test_a_job_that_ends_while_the_server_is_away_is_let_go_when_it_is_back(
    valkey: Valkey, outage_redis: ArqRedis, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    dispatch = await open_dispatch(outage_redis)
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, client=outage_redis)
    await eventually(lambda: record.started == ["one"])
    await kill(valkey, outage_redis)
    record.go_on.set()
    await eventually(lambda: record.ended == ["one"])
    valkey.start()

    async def gone() -> bool:
        return (await dispatch.place("one.1")).state == "gone"

    await eventually(gone)
    await asyncio.sleep(0.5)
    assert record.started == ["one"]


async def test_a_worker_started_before_its_server_waits_for_it(
    valkey: Valkey, outage_redis: ArqRedis, order: Order, start: Start, record: Record, eventually: Eventually
) -> None:
    valkey.kill()
    start(record, client=outage_redis)
    await asyncio.sleep(0.5)
    valkey.start()
    await (await open_dispatch(outage_redis)).enqueue(order("one"))
    await eventually(lambda: record.ended == ["one"])


async def test_after_a_loss_of_all_state_a_run_is_told_and_the_job_can_be_dispatched_again(
    dispatch: Dispatch, order: Order, start: Start, record: Record, eventually: Eventually, redis: ArqRedis
) -> None:
    record.go_on.clear()
    await dispatch.enqueue(order("one"))
    start(record, lease=1)
    await eventually(lambda: record.started == ["one"])
    await redis.flushall()
    assert await dispatch.ids() == []
    await asyncio.wait_for(record.leases[0].lost.wait(), 30)

    record.go_on.set()
    assert await dispatch.enqueue(order("one")) is True
    await open_dispatch(redis)
    await eventually(lambda: record.ended == ["one"])
    first, second = (int(lease.token.partition(":")[2]) for lease in record.leases)
    assert first < second


async def test_a_lease_that_ended_while_the_server_was_away_is_no_crash_of_its_worker(
    valkey: Valkey, outage_redis: ArqRedis, order: Order
) -> None:
    await (await open_dispatch(outage_redis)).enqueue(order("one"))
    scripts = Scripts(outage_redis)
    for _ in range(4):  # one more than a job may crash
        _, claimed = await scripts.claim(args=["dead", 1, 1, VERSION, *CLAUDE])
        assert claimed[0] == b"one.1"
        await restart(valkey, outage_redis)
        await open_dispatch(outage_redis)
        assert await scripts.claim(args=["alive", 60_000, 1, VERSION, *CLAUDE]) != [
            -1,
            [],
        ]  # still nothing: there is grace
        await outage_redis.delete("jca:grace")
    _, claimed = await scripts.claim(args=["alive", 60_000, 1, VERSION, *CLAUDE])

    assert claimed[0] == b"one.1"
    events = await Events(outage_redis).read("0", count=500, block_ms=0)
    assert [event.data["crashes"] for event in events if event.kind == "lost"] == [0, 0, 0, 0]


async def _count(redis: ArqRedis, key: str, wanted: int) -> bool:
    return await redis.llen(key) >= wanted
