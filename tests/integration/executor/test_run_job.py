"""`run_job` on real git, bubblewrap and a real wire: every ending is true, and nothing is pushed that must not be."""

from __future__ import annotations

import asyncio

import pytest

from jobs import errors
from jobs.reasons import Code
from jobs.repository import ValidationMode
from tests.fakes import model_endpoint as fake
from tests.fakes.model_endpoint import Answer
from tests.integration.executor.world import SLEEP, WRITE, WRONG, World, processes, until


async def test_a_validated_change_is_pushed_once_with_its_trailers(world: World) -> None:
    result = await world.run([fake.calls(WRITE), fake.finishes("It is 42.")])

    assert (result.outcome, result.reason.code) == ("published", Code.VALIDATED)
    assert world.branches() == ["jca/q-1-answer-it"]
    assert world.git("rev-parse", result.branch) == result.commit
    assert world.git("show", f"{result.branch}:answer.txt") == "42"
    trailers = world.git("log", "-1", "--format=%(trailers:only,unfold)", result.branch).splitlines()
    ours = ["Ticket: Q-1", f"Job: {world.order.job}", "Provider: fake", f"Model: {fake.MODEL}", "Verdict: validated"]
    assert trailers == ours
    assert result.usage.requests == 2
    assert not (world.directory / "run").exists()


async def test_a_second_run_of_the_job_finds_the_branch_and_does_nothing(world: World) -> None:
    first = await world.run([fake.calls(WRITE), fake.finishes()])
    second = await world.run([fake.fails(500, "must not be asked")])

    assert (second.outcome, second.commit, second.branch) == ("published", first.commit, first.branch)
    assert (second.reason.code, second.diff, second.files) == (Code.VALIDATED, first.diff, first.files)
    assert world.branches() == [first.branch]


async def test_a_branch_of_another_job_is_left_alone(world: World) -> None:
    first = await world.run([fake.calls(WRITE), fake.finishes()])
    world.order = world.order.model_copy(update={"job": "01j00000000000000000another"})
    second = await world.run([fake.calls(WRITE), fake.finishes()])

    assert second.branch == "jca/q-1-answer-it-nother"
    assert sorted(world.branches()) == sorted([first.branch, second.branch])
    assert world.git("rev-parse", first.branch) == first.commit


async def test_a_failing_validation_is_shown_to_the_agent_and_repaired(world: World) -> None:
    result = await world.run([fake.calls(WRONG), fake.finishes(), fake.calls(WRITE), fake.finishes("Now it is.")])

    assert (result.outcome, result.reason.code) == ("published", Code.VALIDATED)
    assert ("repair 1", "done") in world.claim.said
    assert ("validate", "failed") in world.claim.said
    assert ("validate 2", "done") in world.claim.said


async def test_what_stays_wrong_after_the_repairs_is_a_failure_that_keeps_the_change(world: World) -> None:
    result = await world.run([fake.calls(WRONG), fake.finishes("All tests pass!")])

    assert (result.outcome, result.reason.code) == ("failed", Code.VALIDATION_FAILED)
    assert "+41" in result.diff
    assert [outcome.exit_code for outcome in result.validation] == [1]
    assert world.claim.said.count(("repair 2", "done")) == 1
    assert world.branches() == []


async def test_an_advisory_validation_publishes_and_says_that_it_failed(world: World) -> None:
    world = world.with_repository(validation_mode=ValidationMode.ADVISORY, repair_attempts=0)
    result = await world.run([fake.calls(WRONG), fake.finishes()])

    assert (result.outcome, result.reason.code) == ("published", Code.UNVALIDATED)
    assert "failed with exit code 1" in result.reason.sentence


async def test_an_agent_that_claims_success_without_a_change_has_failed(world: World) -> None:
    result = await world.run([fake.finishes("I fixed everything.")])

    assert (result.outcome, result.reason.code) == ("failed", Code.NO_CHANGES)
    assert result.summary == "I fixed everything."


async def test_an_agent_that_says_it_could_not_is_not_published(world: World) -> None:
    result = await world.run([fake.calls(WRITE), fake.finishes("I guessed.", done=False)])

    assert (result.outcome, result.reason.code) == ("failed", Code.NOT_SOLVED)
    assert "+42" in result.diff
    assert world.branches() == []


async def test_a_change_that_is_refused_names_the_path(world: World) -> None:
    escape = ("run", {"argv": ["python3", "-c", "import os; os.symlink('/etc/passwd', 'answer.txt')"]})
    world = world.with_repository(allowed_commands=("python3",))
    result = await world.run([fake.calls(escape), fake.finishes()])

    assert (result.outcome, result.reason.code) == ("failed", Code.CHANGES_REFUSED)
    assert "answer.txt" in result.reason.sentence
    assert world.branches() == []


async def test_a_run_that_lost_its_lease_pushes_nothing(world: World) -> None:
    world.claim.held = False
    with pytest.raises(errors.LostLease):
        await world.run([fake.calls(WRITE), fake.finishes()])

    assert world.branches() == []


async def test_a_branch_that_appears_meanwhile_is_not_overwritten(world: World) -> None:
    async def current() -> bool:
        world.git("update-ref", "refs/heads/jca/q-1-answer-it", "main")
        return True

    world.claim.current = current  # type: ignore[method-assign] # somebody pushes right before we do
    result = await world.run([fake.calls(WRITE), fake.finishes()])

    assert (result.outcome, result.reason.code) == ("unpublished", Code.PUBLISH_FAILED)
    assert world.git("rev-parse", "jca/q-1-answer-it") == world.git("rev-parse", "main")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ([fake.fails(401, "no such key")], Code.PROVIDER_UNAUTHORIZED),
        ([fake.fails(404, "no such model")], Code.MODEL_NOT_FOUND),
        ([fake.fails(500, "oops", {"x-should-retry": "false"})], Code.PROVIDER_ERROR),
        ([fake.hangs()], Code.PROVIDER_TIMEOUT),
        ([fake.text("<html>not an answer</html>")], Code.BAD_ANSWER),
        ([fake.says("")], Code.EMPTY_ANSWER),
        ([fake.says("I was going to", finish_reason="length")], Code.TRUNCATED_ANSWER),
        ([fake.says("", finish_reason="content_filter")], Code.MODEL_REFUSED),
        ([fake.calls(WRITE)], Code.BUDGET_TURNS),
    ],
    ids=lambda value: str(value) if isinstance(value, Code) else "",
)
async def test_every_fault_of_a_model_ends_in_its_own_true_reason(
    world: World,
    script: list[Answer],
    code: Code,
) -> None:
    result = await world.run(script, request_timeout=2)

    assert (result.outcome, result.reason.code) == ("failed", code)
    assert result.reason.sentence
    assert result.reason.next_step
    assert world.branches() == []
    assert world.claim.said[-1] == ("agent", "failed")


async def test_a_fault_in_the_middle_keeps_what_was_changed_until_then(world: World) -> None:
    result = await world.run([fake.calls(WRITE), fake.fails(401, "key was revoked")])

    assert (result.outcome, result.reason.code) == ("failed", Code.PROVIDER_UNAUTHORIZED)
    assert "+42" in result.diff
    assert (world.directory / "trajectory.jsonl").exists()


async def test_a_usd_budget_without_a_price_stops_before_the_first_request(world: World) -> None:
    limits = world.order.limits.model_copy(update={"usd": 1.0})
    world.order = world.order.model_copy(update={"limits": limits})
    result = await world.run([fake.fails(500, "must not be asked")])

    assert (result.outcome, result.reason.code) == ("failed", Code.PRICE_UNKNOWN)


async def test_a_repository_that_is_not_there_is_named(world: World) -> None:
    world = world.with_repository(url=str(world.directory / "nowhere.git"))
    result = await world.run([fake.finishes()])

    assert (result.outcome, result.reason.code) == ("failed", Code.CHECKOUT_FAILED)
    assert "nowhere.git" in result.reason.sentence


async def test_a_cancelled_run_leaves_no_process_and_no_directory(world: World) -> None:
    sleep = ("run", {"argv": ["python3", "-c", SLEEP]})
    world = world.with_repository(allowed_commands=("python3",))
    task = asyncio.create_task(world.run([fake.calls(sleep)]))
    await until(lambda: processes(SLEEP))
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not processes(SLEEP))
    assert not (world.directory / "run").exists()
    assert world.branches() == []
