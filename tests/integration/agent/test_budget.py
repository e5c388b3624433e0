"""Limits hold on what the endpoint reports, whatever it calls its model."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import errors
from jobs.catalog import Model
from jobs.order import Limits
from jobs.reasons import Code
from tests.fakes import model_endpoint as fake
from tests.fakes.workbench import DirectoryWorkspace, Recorder
from worker.agent.budget import Budget
from worker.agent.loop import Conversation, run_agent
from worker.agent.prices import price_of
from worker.agent.task import Task
from worker.agent.trajectory import Trajectory
from worker.providers import registry

TASK = Task(ticket_key="T-1", title="Do it")
PRICED = Model(id=fake.MODEL, input_price=1000, output_price=10_000)  # 110 tokens of an answer cost 0.2 USD
LISTING = fake.calls(("list", {}))


async def run(
    script: list[fake.Answer], directory: Path, limits: Limits, *, model: Model | None = None
) -> tuple[fake.Endpoint, Recorder, errors.RunStopped | None]:
    recorder = Recorder()
    async with fake.serving(script) as endpoint:
        profile = endpoint.profile(models=(model or Model(id=fake.MODEL),))
        budget = Budget(limits, price_of(profile, fake.MODEL))
        client = registry.build_model(profile, fake.MODEL)
        talk = Conversation(client, budget, Trajectory(directory / "trajectory.jsonl"))
        try:
            await run_agent(TASK, DirectoryWorkspace(directory), talk, recorder)
        except errors.RunStopped as stop:
            return endpoint, recorder, stop
    return endpoint, recorder, None


async def test_limit_in_usd_without_a_price_stops_before_the_first_request(tmp_path: Path) -> None:
    endpoint, _, stop = await run([LISTING], tmp_path, Limits(usd=5))

    assert stop is not None
    assert stop.code == Code.PRICE_UNKNOWN
    assert endpoint.paths == []


async def test_limit_in_usd_stops_after_the_answer_that_crossed_it(tmp_path: Path) -> None:
    endpoint, recorder, stop = await run([LISTING], tmp_path, Limits(usd=0.5), model=PRICED)

    assert stop is not None
    assert stop.code == Code.BUDGET_USD
    assert len(endpoint.requests) == 3
    assert recorder.usages[-1].usd == pytest.approx(0.6)


async def test_proxy_that_renames_the_model_does_not_make_it_free(tmp_path: Path) -> None:
    renamed = fake.calls(("list", {}), model="gpt-5-nano")
    endpoint, _, stop = await run([renamed], tmp_path, Limits(usd=0.5), model=PRICED)

    assert stop is not None
    assert stop.code == Code.BUDGET_USD
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize("limits", [Limits(usd=20), Limits(tokens=20_000)], ids=["usd", "tokens"])
async def test_endpoint_that_reports_no_usage_still_meets_the_limits(limits: Limits, tmp_path: Path) -> None:
    silent = fake.calls(("list", {}), usage={})
    endpoint, recorder, stop = await run([silent], tmp_path, limits, model=PRICED)

    assert stop is not None
    assert stop.code in {Code.BUDGET_USD, Code.BUDGET_TOKENS}
    assert recorder.usages[0].tokens > 0
    assert len(endpoint.requests) < 60


@pytest.mark.filterwarnings("ignore::pydantic_ai.exceptions.UsageExtractionFailedWarning")
async def test_negative_usage_gives_nothing_back(tmp_path: Path) -> None:
    hostile = fake.calls(("list", {}), usage={"prompt_tokens": -1_000_000, "completion_tokens": 5, "total_tokens": 5})
    _, recorder, stop = await run([hostile], tmp_path, Limits(turns=5))

    assert stop is not None
    assert stop.code == Code.BUDGET_TURNS
    counted = [usage.tokens for usage in recorder.usages]
    assert counted == sorted(counted)
    assert counted[0] >= 0


async def test_limit_in_tokens(tmp_path: Path) -> None:
    endpoint, _, stop = await run([LISTING], tmp_path, Limits(tokens=300))

    assert stop is not None
    assert stop.code == Code.BUDGET_TOKENS
    assert len(endpoint.requests) == 3


async def test_limit_in_turns_lets_exactly_that_many_requests_out(tmp_path: Path) -> None:
    endpoint, _, stop = await run([LISTING], tmp_path, Limits(turns=4))

    assert stop is not None
    assert stop.code == Code.BUDGET_TURNS
    assert len(endpoint.requests) == 4


async def test_more_turns_than_the_library_allows_by_itself(tmp_path: Path) -> None:
    endpoint, _, stop = await run([LISTING] * 70 + [fake.finishes()], tmp_path, Limits(turns=100))

    assert stop is None
    assert len(endpoint.requests) == 71


async def test_limit_in_seconds_ends_a_hanging_answer(tmp_path: Path) -> None:
    _, _, stop = await run([fake.hangs()], tmp_path, Limits(seconds=0.5))

    assert stop is not None
    assert stop.code == Code.BUDGET_TIME


async def test_limit_in_seconds_ends_a_running_command(tmp_path: Path) -> None:
    sleeps = fake.calls(("run", {"argv": ["python3", "-c", "import time; time.sleep(60)"]}))
    _, _, stop = await run([sleeps], tmp_path, Limits(seconds=1))

    assert stop is not None
    assert stop.code == Code.BUDGET_TIME


async def test_operators_price_is_what_usage_shows(tmp_path: Path) -> None:
    cached = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "total_tokens": 1100,
        "prompt_tokens_details": {"cached_tokens": 400},
    }
    model = Model(id=fake.MODEL, input_price=2, output_price=10, cache_read_price=0.5)
    _, recorder, stop = await run([fake.finishes(usage=cached)], tmp_path, Limits(usd=1), model=model)

    assert stop is None
    assert recorder.usages[-1].cache_read_tokens == 400
    assert recorder.usages[-1].usd == pytest.approx((600 * 2 + 400 * 0.5 + 100 * 10) / 1_000_000)
