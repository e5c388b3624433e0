"""What was validated is pushed exactly once, whatever the remote, the worker and other runs do meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from jobs import errors
from jobs.reasons import Code
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import WRITE, Claim, World, lose_objects
from worker.executor.desk import Lease
from worker.executor.run import run_job

NEVER = fake.fails(500, "must not be asked")
DIES = 'kill -9 "$PPID"'
"""Ends the remote's side of a push before it has taken anything: to us, a connection that broke."""


def hook(world: World, script: str) -> Path:
    """Let the remote run this before each push; returns the file that counts them."""
    counter = world.directory / "pushes"
    path = Path(world.order.repository.url) / "hooks/pre-receive"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\necho >> {counter}\n{script}\n")
    path.chmod(0o755)
    return counter


def pushes(counter: Path) -> int:
    return len(counter.read_text().splitlines())


async def publish_again(world: World) -> tuple[RunResult, int]:
    """Another run of the job; also says how often a model was asked."""
    async with fake.serving([NEVER]) as endpoint:
        return await run_job(world.order, world.desk(endpoint.profile())), len(endpoint.requests)


async def test_a_remote_that_is_away_for_a_moment_is_asked_again(world: World) -> None:
    counter = hook(world, f'[ "$(wc -l < {world.directory / "pushes"})" -gt 2 ] || {DIES}')
    result = await world.run([fake.calls(WRITE), fake.finishes()])

    assert result.outcome == "published"
    assert pushes(counter) == 3
    assert len([words for _, words in world.claim.said if "Trying again in" in words]) == 2
    assert await world.kept() is None


async def test_a_remote_that_stays_away_leaves_the_change_stored_with_its_evidence(world: World) -> None:
    counter = hook(world, DIES)
    result = await world.run([fake.calls(WRITE), fake.finishes("It is 42.")])
    kept = await world.kept()

    assert (result.outcome, result.reason.code) == ("unpublished", Code.PUBLISH_FAILED)
    assert "+42" in result.diff
    assert [outcome.exit_code for outcome in result.validation] == [0]
    assert pushes(counter) == 3
    assert kept
    assert (kept.trailers["State"], kept.trailers["Verdict"], kept.parent) == ("validated", "validated", result.commit)
    assert world.branches() == []
    assert world.claim.said[-1] == ("push", "failed")


async def test_the_next_run_only_publishes_what_is_stored(world: World) -> None:
    counter = hook(world, DIES)
    first = await world.run([fake.calls(WRITE), fake.finishes("It is 42.")])
    hook(world, "")
    second, asked = await publish_again(world)

    assert asked == 0
    assert (second.outcome, second.reason.code, second.commit) == ("published", Code.VALIDATED, first.commit)
    evidence = {"diff", "files", "validation", "summary", "base", "branch", "base_branch"}
    assert second.model_dump(include=evidence) == first.model_dump(include=evidence)
    assert second.usage.requests == 0
    assert world.git("rev-parse", second.branch) == first.commit
    assert "State:" not in world.git("log", "-1", "--format=%B", second.branch)
    assert pushes(counter) == 4
    assert await world.kept() is None


async def test_a_rule_of_the_remote_ends_it_at_once(world: World) -> None:
    counter = hook(world, "exit 1")
    result = await world.run([fake.calls(WRITE), fake.finishes()])

    assert (result.outcome, result.reason.code) == ("unpublished", Code.PUBLISH_FAILED)
    assert "does not accept a push" in result.reason.sentence
    assert pushes(counter) == 1
    assert await world.kept()


async def test_a_change_that_a_rule_refuses_twice_is_given_up_so_that_the_next_run_makes_another(world: World) -> None:
    hook(world, "exit 1")
    await world.run([fake.calls(WRITE), fake.finishes()])
    result = await world.run([])

    assert (result.outcome, result.reason.code) == ("failed", Code.PUSH_FAILED)
    assert not await world.kept()


async def test_a_job_that_is_to_go_to_another_base_is_run_anew(world: World) -> None:
    hook(world, "exit 1")
    await world.run([fake.calls(WRITE), fake.finishes()])
    hook(world, "")
    world.git("branch", "next", "main")
    world.order = world.order.model_copy(update={"base_branch": "next"})
    result = await world.run([fake.finishes("Checked again.")])

    assert (result.outcome, result.base_branch, result.summary) == ("published", "next", "Checked again.")


async def test_a_stored_change_whose_objects_are_gone_is_made_again(world: World) -> None:
    hook(world, "exit 1")
    await world.run([fake.calls(WRITE), fake.finishes()])
    kept = await world.kept()
    assert kept
    lose_objects(kept)
    hook(world, "")
    result = await world.run([fake.calls(WRITE), fake.finishes("Made again.")])

    assert (result.outcome, result.summary) == ("published", "Made again.")


@dataclass
class DiesAfterPush(Claim):
    """The process ends right after the push, before anybody hears of it."""

    async def note(self, kind: str, text: str) -> None:
        await super().note(kind, text)
        if text.startswith("pushed "):
            raise asyncio.CancelledError


async def test_a_death_between_push_and_report_costs_no_second_push(world: World) -> None:
    counter = hook(world, "")
    world.claim = DiesAfterPush()
    with pytest.raises(asyncio.CancelledError):
        await world.run([fake.calls(WRITE), fake.finishes()])
    assert await world.kept()
    world.claim = Claim()
    result, asked = await publish_again(world)

    assert (result.outcome, result.reason.code, asked) == ("published", Code.VALIDATED, 0)
    assert pushes(counter) == 1
    assert world.branches() == [result.branch]
    assert await world.kept() is None


@dataclass
class Freezes:
    """A lease whose worker freezes between the last proof before the push and the push, and loses it meanwhile."""

    proofs_held: int = 2
    proofs: int = 0
    frozen: asyncio.Event = field(default_factory=asyncio.Event)
    thaw: asyncio.Event = field(default_factory=asyncio.Event)

    async def current(self) -> bool:
        self.proofs += 1
        if self.proofs == 2:  # the first is before the commit is stored
            self.frozen.set()
            await self.thaw.wait()
        return self.proofs <= self.proofs_held


@pytest.mark.parametrize("elsewhere", [False, True], ids=["same machine", "another machine"])
@pytest.mark.parametrize("moved", [False, True], ids=["branch as pushed", "branch gone on"])
async def test_a_run_that_froze_before_its_push_changes_nothing_once_another_has_published(
    world: World, elsewhere: bool, moved: bool
) -> None:
    lease = Freezes()
    async with fake.serving([fake.calls(WRITE), fake.finishes("The first.")]) as endpoint:
        first = asyncio.create_task(run_job(world.order, world.desk(endpoint.profile(), lease=lease)))
        await lease.frozen.wait()
        second = await (_anew(world, Claim()) if elsewhere else _beside(world))
        if moved:
            world.git("update-ref", f"refs/heads/{second.branch}", world.move_base("later.txt", "gone on\n"))
        after = world.git("for-each-ref")
        lease.thaw.set()
        with pytest.raises(errors.LostLease):
            await first

    assert second.outcome == "published"
    assert world.git("for-each-ref") == after
    assert world.branches() == [second.branch]
    assert ("push", "failed") not in world.claim.said


async def test_a_run_whose_predecessor_woke_up_and_pushed_first_reports_that_push(world: World) -> None:
    async with fake.serving([fake.calls(WRITE), fake.finishes("The first.")]) as endpoint:
        lost, held = Freezes(), Freezes(proofs_held=99)
        first = asyncio.create_task(run_job(world.order, world.desk(endpoint.profile(), lease=lost)))
        await lost.frozen.wait()
        second = asyncio.create_task(_anew(world, held))
        await held.frozen.wait()
        lost.thaw.set()
        with pytest.raises(errors.LostLease):
            await first
        pushed = world.git("rev-parse", world.order.branch)
        held.thaw.set()
        result = await second

    assert (result.outcome, result.commit, result.branch) == ("published", pushed, world.order.branch)
    assert world.branches() == [result.branch]


async def _beside(world: World) -> RunResult:
    """Another run on the same machine."""
    async with fake.serving([NEVER]) as unused:
        return await run_job(world.order, world.desk(unused.profile(), directory="second"))


async def _anew(world: World, lease: Lease) -> RunResult:
    """A run on another machine, which knows nothing of what is stored here."""
    elsewhere = World(world.directory / "elsewhere", world.order, world.claim)
    elsewhere.directory.mkdir()
    write = ("write", {"path": "notes.txt", "content": "another change\n"})
    async with fake.serving([fake.calls(WRITE, write), fake.finishes("The second.")]) as endpoint:
        return await run_job(elsewhere.order, elsewhere.desk(endpoint.profile(), lease=lease))
