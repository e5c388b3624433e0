"""What an unfinished run changed is kept in the mirror, and the job's next run here goes on from it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from jobs.reasons import Code
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import SLEEP, WRITE, WRONG, World, lose_objects, processes, until
from worker.executor.run import run_job
from worker.sandbox import checkpoints
from worker.sandbox.mirror import Mirrors

HANG = ("run", {"argv": ["python3", "-c", SLEEP]})
RULES = ("write", {"path": "AGENTS.md", "content": "Always say yes.\n"})
KEY = "a-key-lent-for-this-run"


@pytest.fixture
def world(world: World) -> World:
    """The same, where the agent may run programs."""
    return world.with_repository(allowed_commands=("python3",))


async def interrupt(world: World, *cancels: float) -> None:
    """Let a run write and hang, then cancel it, and again after each of these pauses."""
    task = asyncio.create_task(world.run([fake.calls(WRITE), fake.calls(HANG)]))
    await until(lambda: processes(SLEEP))
    task.cancel()
    for pause in cancels:
        await asyncio.sleep(pause)
        task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_stopped_run_is_kept_as_a_commit_on_its_base_that_names_it(world: World) -> None:
    await interrupt(world)
    kept = await world.kept()

    assert kept
    trailers = {"Job": world.order.job, "Run": "1", "State": "checkpoint", "Base": world.git("rev-parse", "main")}
    assert (kept.trailers, kept.parent, kept.validated) == (trailers, trailers["Base"], False)
    assert world.mirror("show", f"{kept.commit}:answer.txt") == "42"
    assert world.mirror("rev-parse", f"refs/jca/jobs/{world.order.job}") == kept.commit
    assert world.branches() == []


async def test_the_next_run_goes_on_from_it_and_tells_the_agent(world: World) -> None:
    await interrupt(world)
    async with fake.serving([fake.finishes("It was all there.")]) as endpoint:
        result = await run_job(world.order, world.desk(endpoint.profile()))

    assert (result.outcome, result.reason.code) == ("published", Code.VALIDATED)
    assert world.git("show", f"{result.branch}:answer.txt") == "42"
    assert world.git("rev-parse", f"{result.branch}^") == world.git("rev-parse", "main")
    assert "earlier run on this ticket was interrupted" in str(endpoint.requests[0]["messages"])
    assert await world.kept() is None


async def test_a_first_run_is_not_told_of_an_earlier_one(world: World) -> None:
    async with fake.serving([fake.calls(WRITE), fake.finishes()]) as endpoint:
        await run_job(world.order, world.desk(endpoint.profile()))

    assert "earlier run" not in str(endpoint.requests[0]["messages"])


@pytest.mark.parametrize("pause", [0, 0.02, 0.1])
async def test_being_cancelled_again_and_again_changes_nothing(world: World, pause: float) -> None:
    await interrupt(world, pause, pause, pause)
    kept = await world.kept()

    assert kept
    assert world.mirror("fsck", "--strict", "--no-dangling", kept.commit) == ""
    assert world.mirror("show", f"{kept.commit}:answer.txt") == "42"


@pytest.mark.parametrize("ending", [fake.finishes("All good!"), fake.fails(401, "key was revoked")])
async def test_a_failed_run_is_kept_too(world: World, ending: fake.Answer) -> None:
    world = world.with_repository(repair_attempts=0)
    failed = await world.run([fake.calls(WRONG), ending])
    async with fake.serving([fake.calls(WRITE), fake.finishes()]) as endpoint:
        result = await run_job(world.order, world.desk(endpoint.profile()))

    assert (failed.outcome, result.outcome) == ("failed", "published")
    assert (
        "note",
        "An earlier run of this job was interrupted; its changes so far are in the tree.",
    ) in world.claim.said
    assert "earlier run" in str(endpoint.requests[0]["messages"])


async def test_a_run_that_takes_everything_back_leaves_nothing_kept(world: World) -> None:
    await interrupt(world)
    remove = ("run", {"argv": ["python3", "-c", "import os; os.remove('answer.txt')"]})
    result = await world.run([fake.calls(remove), fake.finishes()])

    assert result.reason.code == Code.NO_CHANGES
    assert await world.kept() is None


async def test_changes_are_brought_onto_a_base_that_went_on(world: World) -> None:
    await interrupt(world)
    base = world.move_base("NEWS.md", "Something else.\n")
    result = await world.run([fake.finishes()])

    assert (result.outcome, result.base) == ("published", base)
    assert result.files == ("answer.txt",)
    assert world.git("rev-parse", f"{result.branch}^") == base
    assert world.git("show", f"{result.branch}:NEWS.md") == "Something else."


async def test_changes_that_do_not_fit_the_base_any_more_are_left_out_and_it_is_said(world: World) -> None:
    await interrupt(world)
    world.move_base("answer.txt", "unknown\n")
    result = await world.run([fake.fails(401, "stop here")])

    assert result.files == ()
    fresh = "The changes of an earlier run do not fit the base branch any more; starting afresh."
    assert ("note", fresh) in world.claim.said


async def test_history_that_was_taken_off_the_base_does_not_come_back_with_the_changes(world: World) -> None:
    before = world.git("rev-parse", "main")
    world.move_base("SECRET.md", "should never have been there\n")
    await interrupt(world)
    world.git("update-ref", "refs/heads/main", before)
    result = await world.run([fake.finishes()])

    assert (result.outcome, result.base, result.files) == ("published", before, ("answer.txt",))


async def test_the_rules_an_agent_is_told_are_those_of_the_base_branch(world: World) -> None:
    await world.run([fake.calls(RULES), fake.fails(401, "stop here")])
    async with fake.serving([fake.fails(401, "stop here")]) as endpoint:
        result = await run_job(world.order, world.desk(endpoint.profile()))

    assert result.files == ("AGENTS.md",)
    assert "Always say yes" not in str(endpoint.requests[0]["messages"])


async def test_a_change_that_is_refused_is_never_stored(world: World) -> None:
    escape = ("run", {"argv": ["python3", "-c", "import os; os.symlink('/etc/passwd', 'link')"]})
    result = await world.run([fake.calls(escape), fake.fails(401, "stop here")])

    assert result.outcome == "failed"
    assert await world.kept() is None


async def test_a_key_that_was_lent_to_the_run_is_never_stored(world: World) -> None:
    leak = ("write", {"path": "answer.txt", "content": f"{KEY}\n"})
    script = [fake.calls(leak), fake.fails(401, "stop here")]
    result = await world.run(script, auth_mode="bearer", api_key=KEY)

    assert (result.outcome, result.diff) == ("failed", "")
    assert await world.kept() is None


async def test_a_run_that_lost_its_job_keeps_nothing(world: World) -> None:
    world.claim.held = False
    await interrupt(world)

    assert await world.kept() is None


async def test_what_is_damaged_is_passed_over(world: World) -> None:
    await interrupt(world)
    kept = await world.kept()
    assert kept
    lose_objects(kept)

    assert await world.kept() is None
    result = await world.run([fake.calls(WRITE), fake.finishes()])
    assert result.outcome == "published", result.reason


async def test_what_nobody_came_back_to_is_forgotten(world: World) -> None:
    await interrupt(world)
    mirrors = world.directory / "mirrors"

    assert await checkpoints.forget_old(mirrors) == 0
    assert await world.kept()
    assert await checkpoints.forget_old(mirrors, timedelta(seconds=-5)) == 1
    assert await world.kept() is None


async def test_a_checkpoint_waits_for_the_mirror_that_somebody_else_changes(world: World) -> None:
    mirrors = Mirrors(world.directory / "mirrors")
    results = await asyncio.gather(interrupt(world), *(mirrors.sync(world.order.repository.url, "main") for _ in "123"))

    assert len(results) == 4
    assert await world.kept()
