"""The live output of a run has a cap that is said once; stages and the result are not part of it."""

from __future__ import annotations

from arq.connections import ArqRedis

from jobs.events import LONGEST_TEXT, Events, Logs
from jobs.reasons import Code, because
from jobs.run_result import RunResult
from tests.integration.executor.world import World
from worker.executor.reporter import Reporter

RESULT = RunResult(outcome="failed", reason=because(Code.NO_CHANGES, "Nothing was changed."))
CAP = "… output is capped at 3 lines or 0.02 MB per run; what follows is not shown"


async def told(world: World, redis: ArqRedis, *texts: str) -> list[str]:
    """What a run that says these is heard to say."""
    reporter = Reporter(Events(redis), Logs(redis), world.order, "here:1", lines=3, size=20_000)
    async with reporter:
        await reporter.stage("agent", "running")
        for text in texts:
            await reporter.note("output", text)
        await reporter.stage("agent", "done", "over")
        await reporter.result(RESULT)
    heard = [line.text for line in await Logs(redis).tail(world.order.job)]
    assert (heard[0], heard[-2], heard[-1]) == ("agent", "over", str(RESULT.reason))
    assert len([event for event in await Events(redis).read("0", block_ms=0) if event.kind == "result"]) == 1
    return heard[1:-2]


async def test_output_within_the_cap_is_all_there(world: World, redis: ArqRedis) -> None:
    assert await told(world, redis, "one\ntwo", "three") == ["one", "two", "three"]


async def test_the_lines_before_the_cap_are_there_and_it_is_said_once(world: World, redis: ArqRedis) -> None:
    assert await told(world, redis, "one\ntwo", "three\nfour\nfive", "six", "") == ["one", "two", "three", CAP]


async def test_bytes_count_as_they_are_kept(world: World, redis: ArqRedis) -> None:
    long = "x" * 1_000_000
    heard = await told(world, redis, long, long, long)

    assert len(heard) == 3
    assert all(line.startswith("x" * LONGEST_TEXT) for line in heard[:2])
    assert heard[2] == CAP


async def test_nothing_said_after_the_cap_comes_back_although_it_would_fit(world: World, redis: ArqRedis) -> None:
    long = "x" * LONGEST_TEXT
    assert (await told(world, redis, f"{long}\n{long}\n{long}", "short"))[2:] == [CAP]
