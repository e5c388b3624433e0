"""Errands as an executor does them: with the real board, real git and a scripted endpoint."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from arq.connections import ArqRedis

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.errand import Errand, ErrandEnd, ErrandStep, Kind
from jobs.queue.offer import Offer
from jobs.queue.presence import Presence
from tests.fakes import model_endpoint as fake
from worker.executor.errands import ErrandDesk
from worker.executor.readiness import ReadinessBoard
from worker.providers.selftest import self_test
from worker.sandbox.bubblewrap import SandboxState
from worker.sandbox.git import GitCredential
from worker.sandbox.mirror import Mirrors
from worker.sandbox.seed import seed

SCRIPT = (fake.calls(("self_test", {"word": "ready"})), fake.finishes())


@dataclass
class Profiles:
    profile: ProviderProfile

    async def provider(self, name: str) -> ProviderProfile:
        if name != self.profile.name:
            raise errors.NotReady(f"There is no enabled provider {name} any more.")
        return self.profile

    async def fetching(self, errand: Errand) -> GitCredential | None:
        del errand
        return None

    async def all(self) -> list[ProviderProfile]:
        return [self.profile]


async def nothing() -> set[Offer]:
    return set()


async def forgotten(_jobs: Collection[str]) -> None:
    """Nothing is kept here of any job."""


def desk(redis: ArqRedis, profile: ProviderProfile, mirrors: Path) -> ErrandDesk:
    profiles = Profiles(profile)
    walls = SandboxState(ok=True, detail="bubblewrap")
    test = partial(self_test, worker="here")
    board = ReadinessBoard("here", profiles.all, nothing, test, Presence(redis), walls)
    return ErrandDesk(profiles, board, Mirrors(mirrors), forgotten)


async def done(desk: ErrandDesk, kind: Kind, **arguments: str) -> tuple[ErrandEnd, list[ErrandStep]]:
    steps: list[ErrandStep] = []

    async def report(step: ErrandStep) -> None:
        steps.append(step)

    end = await desk.perform(Errand(kind=kind, worker="here", arguments=arguments), report)
    return end, steps


async def test_a_self_test_says_its_steps_and_changes_the_board_at_once(redis: ArqRedis, tmp_path: Path) -> None:
    async with fake.serving(SCRIPT) as endpoint:
        laid = desk(redis, endpoint.profile(), tmp_path)
        end, steps = await done(laid, Kind.SELF_TEST, provider="fake")

    assert end.ok
    assert [step.ok for step in steps] == [True] * 5
    assert laid.board.offers() == [Offer("fake", fake.MODEL)]
    assert [entry.ready for entry in await Presence(redis).readiness()] == [True]


async def test_a_self_test_that_fails_ends_with_the_remedy_and_takes_the_offer_back(
    redis: ArqRedis, tmp_path: Path
) -> None:
    async with fake.serving([*SCRIPT, fake.fails(401, "bad key")]) as endpoint:
        laid = desk(redis, endpoint.profile(), tmp_path)
        await done(laid, Kind.SELF_TEST, provider="fake", model=fake.MODEL)
        end, steps = await done(laid, Kind.SELF_TEST, provider="fake", model=fake.MODEL)

    assert not end.ok
    assert "bad key" in end.sentence
    assert end.remedy == steps[-1].remedy != ""
    assert laid.board.offers() == []


async def test_a_clone_says_branch_commit_and_size_and_runs_nothing(redis: ArqRedis, tmp_path: Path) -> None:
    source, repository, ran = tmp_path / "source", tmp_path / "shop.git", tmp_path / "ran"
    source.mkdir()
    (source / "setup.py").write_text(f"open({str(ran)!r}, 'w')")
    await seed(source, repository, branch="trunk", message="First")
    laid = desk(redis, fake.Endpoint(url="http://127.0.0.1:1").profile(), tmp_path / "mirrors")

    end, steps = await done(laid, Kind.TEST_CLONE, alias="shop", url=str(repository), branch="trunk")

    git = await asyncio.create_subprocess_exec(
        *("git", "-C", str(repository), "rev-parse", "trunk"), stdout=asyncio.subprocess.PIPE
    )
    commit = (await git.communicate())[0].decode()[:12]
    assert end.ok
    assert f"shop: trunk is at {commit}, fetched in " in end.sentence
    assert [(step.name, step.ok) for step in steps] == [("fetch", None), ("fetch", True), ("measure", True)]
    assert "KiB" in steps[-1].detail
    assert not ran.exists()


async def test_a_clone_that_fails_names_the_cause_and_the_remedy(redis: ArqRedis, tmp_path: Path) -> None:
    laid = desk(redis, fake.Endpoint(url="http://127.0.0.1:1").profile(), tmp_path / "mirrors")

    end, steps = await done(laid, Kind.TEST_CLONE, alias="shop", url=str(tmp_path / "nowhere"), branch="main")

    assert not end.ok
    assert end.sentence.startswith("shop cannot be fetched: ")
    assert (steps[-1].name, steps[-1].ok) == ("fetch", False)
    assert end.remedy
