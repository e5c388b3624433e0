"""The board: what is proven, what is offered for claims, and what the gateway is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from aiohttp import web
from arq.connections import ArqRedis

from jobs.catalog import ProviderProfile
from jobs.queue.offer import Offer
from jobs.queue.presence import Presence
from jobs.readiness import Readiness, State, Step
from tests.fakes import model_endpoint as fake
from tests.integration.queue.crew import until
from worker.executor.readiness import UNWANTED_FOR, ReadinessBoard
from worker.providers.selftest import self_test
from worker.sandbox.bubblewrap import SandboxState

CALL = fake.calls(("self_test", {"word": "ready"}))
FINISH = fake.finishes()
OTHER = "other-coder"
DEFAULT = Offer("fake", fake.MODEL)
WALLS = SandboxState(ok=True, detail="bubblewrap")


@dataclass
class World:
    """A board over one endpoint, and what a test changes around it."""

    endpoint: fake.Endpoint
    presence: Presence
    profiles: list[ProviderProfile]
    wanted: set[Offer] = field(default_factory=set)
    sandbox: SandboxState = WALLS
    unwanted_for: timedelta = UNWANTED_FOR

    def __post_init__(self) -> None:
        self.board = ReadinessBoard(
            "here",
            self._profiles,
            self._wanted,
            partial(self_test, worker="here"),
            self.presence,
            self.sandbox,
            slots=3,
            unwanted_for=self.unwanted_for,
        )

    async def _profiles(self) -> list[ProviderProfile]:
        return self.profiles

    async def _wanted(self) -> set[Offer]:
        return self.wanted

    async def settled(self) -> dict[Offer, Readiness]:
        """What is published once nothing is under way."""
        await self.board.look()
        await until(self._no_check)
        return await self.published()

    async def published(self) -> dict[Offer, Readiness]:
        return {Offer(entry.account, entry.model): entry for entry in await self.presence.readiness()}

    async def _no_check(self) -> bool:
        return all(entry.state is not State.CHECKING for entry in (await self.published()).values())


@asynccontextmanager
async def world(
    redis: ArqRedis,
    *script: fake.Answer,
    sandbox: SandboxState = WALLS,
    unwanted_for: timedelta = UNWANTED_FOR,
) -> AsyncIterator[World]:
    listing = fake.gives(200, {"data": [{"id": fake.MODEL}, {"id": OTHER}]})
    async with fake.serving(script or (able,), listing) as endpoint:
        yield World(endpoint, Presence(redis), [endpoint.profile()], sandbox=sandbox, unwanted_for=unwanted_for)


async def able(request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    """What a model answers that calls the tool it is told to call."""
    answer = CALL if "self_test" in str(body["tool_choice"]) else FINISH
    return await answer(request, body)


async def test_a_default_model_is_proven_offered_and_published_with_the_slots(redis: ArqRedis) -> None:
    async with world(redis) as laid:
        found = await laid.settled()

        assert laid.board.offers() == [DEFAULT]
        assert found[DEFAULT].ready
        assert len(found[DEFAULT].steps) == 5
        assert await laid.presence.slots() == {"here": 3}


async def test_nobody_waits_for_a_slow_provider(redis: ArqRedis) -> None:
    async with world(redis, fake.hangs()) as laid:
        await laid.board.look()
        found = await laid.published()

        assert found[DEFAULT].state is State.CHECKING
        assert laid.board.offers() == []


async def test_another_model_is_proven_while_something_waits_for_it_and_for_a_while_after(redis: ArqRedis) -> None:
    other = Offer("fake", OTHER)
    async with world(redis, able) as laid:
        await laid.settled()
        laid.wanted = {other, Offer("nobody", "x")}
        assert set(await laid.settled()) == {DEFAULT, other}
        assert laid.board.offers() == [DEFAULT, other]

        laid.wanted = set()
        assert set(await laid.settled()) == {DEFAULT, other}


async def test_a_model_that_nothing_has_waited_for_is_proven_no_more(redis: ArqRedis) -> None:
    async with world(redis, able, unwanted_for=timedelta(0)) as laid:
        laid.wanted = {Offer("fake", OTHER)}
        assert len(await laid.settled()) == 2
        laid.wanted = set()

        assert set(await laid.settled()) == {DEFAULT}
        assert laid.board.offers() == [DEFAULT]


async def test_each_pair_stands_for_itself(redis: ArqRedis) -> None:
    other = Offer("fake", "unknown-model")
    async with world(redis, able) as laid:
        laid.wanted = {other}
        found = await laid.settled()

        assert laid.board.offers() == [DEFAULT]
        assert found[other].state is State.BLOCKED
        assert found[other].reason.startswith("model exists")


async def test_what_a_run_saw_fail_is_not_offered_until_it_is_proven_again(redis: ArqRedis) -> None:
    async with world(redis, CALL, FINISH, fake.fails(401, "revoked")) as laid:
        await laid.settled()
        laid.board.distrust(*DEFAULT)
        assert laid.board.offers() == []

        found = await laid.settled()
        assert laid.board.offers() == []
        assert "revoked" in found[DEFAULT].reason


async def test_a_failure_keeps_since_when_it_is_so_and_is_asked_again_later_and_later(redis: ArqRedis) -> None:
    async with world(redis, fake.fails(500, "boom")) as laid:
        first = (await laid.settled())[DEFAULT]
        await laid.settled()
        asked = len(laid.endpoint.requests)
        assert asked == 1  # not due yet
        (profile,) = laid.profiles
        second = await laid.board.prove(profile, profile.default_model)
        third = await laid.board.prove(profile, profile.default_model)

        assert [first.since, second.since, third.since] == [None, first.checked_at, first.checked_at]
        waits = [(each.expires_at - each.checked_at).total_seconds() for each in (first, second, third)]
        assert waits == sorted(waits)
        assert waits[2] - waits[0] > 4


async def test_a_changed_profile_is_proven_anew_and_a_disabled_one_is_dropped(redis: ArqRedis) -> None:
    async with world(redis, able) as laid:
        await laid.settled()
        (profile,) = laid.profiles
        laid.profiles = [profile.model_copy(update={"request_timeout": 19})]
        await laid.board.look()
        assert laid.board.offers() == []
        await laid.settled()
        assert laid.board.offers() == [DEFAULT]
        assert len(laid.endpoint.requests) == 4

        laid.profiles = [profile.model_copy(update={"enabled": False})]
        assert await laid.settled() == {}
        assert laid.board.offers() == []


async def test_a_proof_asked_for_is_on_the_board_at_once(redis: ArqRedis) -> None:
    async with world(redis) as laid:
        (profile,) = laid.profiles
        steps: list[str] = []

        async def report(step: Step) -> None:
            steps.append(step.name)

        await laid.board.prove(profile, OTHER, report)

        assert steps == ["reach", "authenticate", "model exists", "forced tool call", "structured finish"]
        assert laid.board.offers() == [Offer("fake", OTHER)]
        assert set(await laid.published()) == {Offer("fake", OTHER)}


async def test_without_a_sandbox_nothing_is_ready_and_nothing_is_asked(redis: ArqRedis) -> None:
    missing = SandboxState(ok=False, detail="bwrap is not installed", remedy="apt install bubblewrap")
    async with world(redis, sandbox=missing) as laid:
        found = await laid.settled()

        assert laid.board.offers() == []
        assert found[DEFAULT].reason == "no sandbox: bwrap is not installed"
        assert found[DEFAULT].steps[0].remedy == "apt install bubblewrap"
        assert laid.endpoint.paths == []


async def test_the_board_keeps_itself_true(redis: ArqRedis) -> None:
    async with world(redis, CALL, FINISH, fake.fails(401, "revoked"), able) as laid:
        running = asyncio.create_task(laid.board.run())
        await until(lambda: laid.board.offers() == [DEFAULT])
        laid.board.distrust(*DEFAULT)
        await until(lambda: len(laid.endpoint.requests) == 3)
        await until(lambda: laid.board.offers() == [DEFAULT])
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
