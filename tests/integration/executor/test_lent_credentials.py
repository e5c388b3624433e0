"""A run over https: it fetches and pushes with what it is lent, and nobody gets to read that."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.order import WorkOrder
from jobs.reasons import Code
from jobs.repository import Repository
from jobs.run_result import RunResult
from tests.fakes import model_endpoint as fake
from tests.fakes.model_endpoint import Answer
from tests.integration.executor.world import WRITE, World
from tests.support import tls
from tests.support.code_host import CodeHost, serving
from worker.executor.desk import Lease
from worker.executor.run import run_job
from worker.sandbox.git import GitCredential
from worker.trackers.push import PushCredential

ENVIRONMENT = ("run", {"argv": ["python3", "-c", "import os; print(os.environ)"]})


@dataclass
class Lender:
    """Lends tokens of the fake's world, each time another one."""

    host: CodeHost
    profile: ProviderProfile
    asked: list[bool] = field(default_factory=list)
    away: int = 0
    """How many times it does not answer at first."""
    taken_over: bool = False

    async def provider(self, name: str) -> ProviderProfile:
        assert name == self.profile.name
        return self.profile

    async def git(self, order: WorkOrder, lease: Lease, repository: Repository, *, write: bool) -> GitCredential | None:
        assert repository == order.repository
        assert (order.dispatch_id.endswith(".1"), lease.token) == (True, "here:1")
        if self.taken_over:
            raise errors.LostLease
        if self.away:
            self.away -= 1
            raise errors.TryAgain("The gateway does not answer.")
        self.asked.append(write)
        permissions = {"contents": "write" if write else "read"}
        token = self.host.github.world.add_token("jca", permissions)
        lent = PushCredential(f"{self.host.url}/", "x-access-token", SecretStr(token), None, narrowed=True)
        return GitCredential(lent.host_url, lent.header)


@pytest.fixture
async def host(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CodeHost]:
    certificate = tls.certificate(tmp_path)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
    async with serving(tmp_path / "served", certificate) as server:
        server.clone_of(Path(world.order.repository.url), "acme/q")
        yield server


async def run(world: World, host: CodeHost, *script: Answer, **lender: object) -> tuple[RunResult, Lender]:
    over_https = world.with_repository(url=f"{host.url}/acme/q.git", allowed_commands=("python3",))
    async with fake.serving(script) as endpoint:
        lending = Lender(host, endpoint.profile(), **lender)  # type: ignore[arg-type]
        desk = replace(over_https.desk(lending.profile), credentials=lending)
        return await run_job(over_https.order, desk), lending


async def test_it_reads_with_a_right_to_read_and_asks_again_to_push(world: World, host: CodeHost) -> None:
    result, lender = await run(world, host, fake.calls(WRITE), fake.finishes())

    assert (result.outcome, result.reason.code) == ("published", Code.VALIDATED)
    assert host.git("acme/q", "show", f"{world.order.branch}:answer.txt") == "42"
    assert lender.asked == [False, False, True]


async def test_no_token_is_written_down_or_shown_to_the_agent(world: World, host: CodeHost) -> None:
    result, lender = await run(world, host, fake.calls(ENVIRONMENT), fake.calls(WRITE), fake.finishes())

    tokens = [*host.github.world.tokens]
    files = [path for path in world.directory.rglob("*") if path.is_file() and "served" not in path.parts]
    assert len(tokens) == len(lender.asked)
    assert any("PATH" in text for _, text in world.claim.said)
    for token in tokens:
        assert token not in str(result) + str(world.claim.said)
        assert [path for path in files if token.encode() in path.read_bytes()] == []


async def test_a_lender_that_is_away_is_asked_again(world: World, host: CodeHost) -> None:
    result, lender = await run(world, host, fake.calls(WRITE), fake.finishes(), away=2)

    assert result.outcome == "published"
    assert lender.asked == [False, False, True]


async def test_a_run_that_lost_its_job_is_lent_nothing_and_reports_nothing(world: World, host: CodeHost) -> None:
    with pytest.raises(errors.LostLease):
        await run(world, host, fake.finishes(), taken_over=True)

    assert host.shown == []
