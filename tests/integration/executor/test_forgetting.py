"""A worker that is told to forget a job keeps neither its trajectory nor its changes."""

from __future__ import annotations

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.errand import Errand, ErrandStep, Kind
from tests.fakes import model_endpoint as fake
from tests.integration.executor.world import WRITE, Profiles, World, workshop
from worker.executor.errands import ErrandDesk


async def test_what_a_run_left_is_deleted_and_what_others_left_stays(world: World, redis: ArqRedis) -> None:
    await world.run([fake.calls(WRITE), fake.fails(401, "stop here")])
    job, trajectories = world.order.job, world.directory / "trajectories"
    trajectories.mkdir(exist_ok=True)
    for name in (f"{job}.1", f"{job}.2", "another.1"):
        (trajectories / f"{name}.jsonl").write_text("{}")
    made = workshop(world, redis, Profiles(fake.Endpoint(url="http://127.0.0.1:9").profile()))
    desk = ErrandDesk(made.credentials, made.board, made.mirrors, made.forget_jobs)
    steps: list[ErrandStep] = []

    async def report(step: ErrandStep) -> None:
        steps.append(step)

    assert await world.kept()
    end = await desk.perform(Errand(kind=Kind.FORGET, worker="here", arguments={"jobs": job}), report)

    assert (end.ok, [step.ok for step in steps]) == (True, [True])
    assert [path.name for path in trajectories.iterdir()] == ["another.1.jsonl"]
    assert not await world.kept()


async def test_a_name_that_is_no_job_deletes_nothing(world: World, redis: ArqRedis) -> None:
    made = workshop(world, redis, Profiles(fake.Endpoint(url="http://127.0.0.1:9").profile()))
    (world.directory / "trajectories/another.1.jsonl").write_text("{}")

    with pytest.raises(errors.BadInput):
        await made.forget_jobs(["*"])
    assert (world.directory / "trajectories/another.1.jsonl").exists()
