"""What git on an executor is lent: by the gateway's cluster API, from an App, for real git over https."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from jobs import errors
from jobs.directives import Directives
from jobs.errand import Errand, Kind
from jobs.events import Events
from jobs.job import Job
from jobs.ledger import configuration, records
from jobs.order import WorkOrder
from jobs.repository import Repository
from tests.fakes.github.faults import failing
from tests.fakes.github.server import APP_ID, EVERYTHING
from tests.support import tls
from tests.support.code_host import CodeHost, serving
from tests.support.gateway.api import PAYMENTS, SELECTION, Running, job
from tests.support.gateway.claimed import Claim, claimed
from tests.support.gateway.parts import CLUSTER_TOKEN
from worker.executor import push
from worker.executor.gateway_client import GatewayClient
from worker.sandbox.mirror import Mirrors
from worker.sandbox.seed import seed


@dataclass
class Lending:
    """A gateway with a cluster API, a code host, and a job that somebody runs."""

    gateway: Running
    host: CodeHost
    client: GatewayClient
    repository: Repository
    socket: Path
    job: Job
    claim: Claim

    @property
    def order(self) -> WorkOrder:
        return WorkOrder(
            job=self.job.id,
            run=self.job.run,
            ticket=self.job.ticket,
            repository=self.repository,
            base_branch="main",
            branch="jca/x",
            provider=SELECTION.provider,
            model=SELECTION.model,
        )

    async def put(self, repository: Repository) -> None:
        await self.gateway.services.ledger.write(configuration.put_repository, repository)

    async def end(self) -> None:
        """Let the run be over, and its claim with it."""
        await self.gateway.services.dispatch.cancel(self.job.dispatch_id)
        events, position, kinds = Events(self.gateway.redis), "0", set[str]()
        async with asyncio.timeout(30):
            while "cancelled" not in kinds:
                for event in await events.read(position):
                    position, kinds = event.id, {event.kind, *kinds}

    async def answers(self, token: str) -> int:
        """What git is answered when it asks for the repository with this token."""
        url = f"{self.repository.url}/info/refs?service=git-upload-pack"
        async with httpx.AsyncClient() as bare:
            return (await bare.get(url, auth=("x-access-token", token))).status_code

    async def names(self, directives: Directives) -> None:
        """Let the ticket have been read so."""
        present = await self.gateway.services.ledger.read(records.get, self.job.id)
        read = present.model_copy(update={"directives": directives})
        await self.gateway.services.ledger.write(records.save, read, who="test")


@pytest.fixture
async def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[CodeHost]:
    certificate = tls.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    monkeypatch.setenv("GIT_SSL_CAINFO", str(certificate))
    (tmp_path / "files").mkdir()
    (tmp_path / "files/README.md").write_text("A shop.\n")
    await seed(tmp_path / "files", tmp_path / "origin.git", branch="main", message="A shop")
    async with serving(tmp_path / "served", certificate) as server:
        server.clone_of(tmp_path / "origin.git", "acme/payments")
        server.clone_of(tmp_path / "origin.git", "acme/other")
        yield server


@pytest.fixture
async def lending(gateway: Running, host: CodeHost, valkey_url: str) -> AsyncIterator[Lending]:
    repository = PAYMENTS.model_copy(update={"url": f"{host.url}/acme/payments.git"})
    await gateway.services.ledger.write(configuration.put_repository, repository)
    key = host.github.make_app()
    host.github.world.install("acme/payments", "acme/other", **EVERYTHING)
    access = {"app_id": APP_ID, "private_key": key, "api_url": host.url}
    await gateway.post("sources", {"kind": "github", "access": access})
    queued = await gateway.dispatched(job())
    async with claimed(gateway, queued, valkey_url) as (client, socket, claim):
        yield Lending(gateway, host, client, repository, socket, queued, claim)


async def test_a_job_fetches_with_a_token_that_cannot_push(lending: Lending, tmp_path: Path) -> None:
    lent = await lending.client.git(lending.order, lending.claim, lending.repository, write=False)
    snapshot = await Mirrors(tmp_path / "mirrors").sync(lending.repository.url, "main", lent)

    assert lent is not None
    assert snapshot.commit == lending.host.git("acme/payments", "rev-parse", "main")
    with pytest.raises(errors.NotReady, match="did not accept"):
        await push.push(
            snapshot.mirror, snapshot.commit, lending.repository.url, "jca/x", expected=None, credential=lent
        )
    assert {service for service, _ in lending.host.shown} == {"git-upload-pack"}


async def test_a_job_pushes_to_its_own_repository_and_to_no_other(lending: Lending, tmp_path: Path) -> None:
    mirrors = Mirrors(tmp_path / "mirrors")
    snapshot = await mirrors.sync(
        lending.repository.url,
        "main",
        await lending.client.git(lending.order, lending.claim, lending.repository, write=False),
    )
    lent = await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    url = lending.repository.url

    await push.push(snapshot.mirror, snapshot.commit, url, "jca/x", expected=None, credential=lent)

    assert lending.host.git("acme/payments", "rev-parse", "jca/x") == snapshot.commit
    with pytest.raises(errors.NotReady, match="did not accept"):
        await mirrors.sync(f"{lending.host.url}/acme/other.git", "main", lent)
    tokens = [token for token in lending.host.github.world.tokens.values() if token.permissions is not None]
    assert {(each, *token.permissions.items()) for token in tokens for each in token.repositories or ()} == {
        ("acme/payments", ("contents", "read"), ("metadata", "read")),
        ("acme/payments", ("contents", "write"), ("metadata", "read")),
    }


async def test_every_push_gets_a_fresh_token_and_is_written_down(lending: Lending) -> None:
    first = await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    second = await lending.client.git(lending.order, lending.claim, lending.repository, write=True)

    assert first is not None
    assert second is not None
    assert first.secrets != second.secrets
    acts = await lending.gateway.acts()
    assert acts[:2] == [("worker-1", "credential.lend", lending.job.id)] * 2


async def test_a_job_fetches_what_its_ticket_names_as_context_and_pushes_nowhere_else(
    lending: Lending, tmp_path: Path
) -> None:
    named = {"alias": "other", "url": f"{lending.host.url}/acme/other.git", "full_name": "acme/other"}
    other = PAYMENTS.model_copy(update=named)
    await lending.put(other)
    with pytest.raises(errors.NotReady, match="no business in other"):
        await lending.client.git(lending.order, lending.claim, other, write=False)

    await lending.names(Directives(context_files=("other:README.md",)))
    lent = await lending.client.git(lending.order, lending.claim, other, write=False)
    snapshot = await Mirrors(tmp_path / "mirrors").sync(other.url, "main", lent)
    assert snapshot.commit == lending.host.git("acme/other", "rev-parse", "main")
    with pytest.raises(errors.NotReady, match="no business in other"):
        await lending.client.git(lending.order, lending.claim, other, write=True)


async def test_only_the_present_claim_is_lent_anything(lending: Lending) -> None:
    stale = Claim(f"{lending.claim.token}0")

    with pytest.raises(errors.LostLease):
        await lending.client.git(lending.order, stale, lending.repository, write=True)
    other = lending.order.model_copy(update={"job": "01j0000000000000000000test"})
    with pytest.raises(errors.LostLease):
        await lending.client.git(other, lending.claim, lending.repository, write=False)
    assert lending.host.github.world.tokens == {}


async def test_what_was_lent_to_push_is_worthless_when_the_run_is_over(lending: Lending) -> None:
    loans, github = lending.gateway.services.loans, lending.host.github
    await lending.client.git(lending.order, lending.claim, lending.repository, write=False)
    fetching = set(github.world.tokens)
    await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    (pushing,) = set(github.world.tokens) - fetching
    assert await loans.settle() == 0
    assert await lending.answers(pushing) == 200

    await lending.end()

    assert await loans.settle() == 1
    assert await lending.answers(pushing) == 401
    assert [await lending.answers(token) for token in fetching] == [200]
    assert await loans.settle() == 0


async def test_what_cannot_be_revoked_now_is_revoked_later(lending: Lending) -> None:
    loans = lending.gateway.services.loans
    await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    (token,) = lending.host.github.world.tokens
    await lending.end()
    lending.host.github.faults.add(failing("^DELETE ", 502))

    assert await loans.settle() == 0
    assert await loans.settle() == 1
    assert await lending.answers(token) == 401


async def test_a_token_that_somebody_else_ended_is_forgotten(lending: Lending) -> None:
    loans = lending.gateway.services.loans
    await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    await lending.end()
    lending.host.github.world.tokens.clear()

    assert await loans.settle() == 0
    assert await loans.settle() == 0
    assert len(lending.host.github.asked("DELETE", "/installation/token")) == 1


async def test_the_answer_is_not_to_be_stored_and_the_token_is_in_no_log(
    lending: Lending, capsys: pytest.CaptureFixture[str]
) -> None:
    transport = httpx.AsyncHTTPTransport(uds=str(lending.socket))
    headers = {"Authorization": f"Bearer {CLUSTER_TOKEN}"}
    claim = {"dispatch_id": lending.job.dispatch_id, "token": lending.claim.token, "write": True}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as bare:
        answer = await bare.post("/cluster/v1/runs/git-credential", json=claim)
        without = await bare.post("/cluster/v1/runs/git-credential", json=claim, headers={"Authorization": "Bearer x"})

    credential = answer.json()["credential"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert credential["host_url"] == f"{lending.host.url}/"
    assert credential["expires_at"]
    assert without.status_code == 401
    said = "".join(capsys.readouterr())
    (token,) = lending.host.github.world.tokens
    assert "git_credential_lent" in said
    assert token not in said
    assert credential["header"].split()[-1] not in said


async def test_a_personal_token_is_lent_as_it_is(lending: Lending) -> None:
    token = lending.host.github.world.add_token("octocat")
    access = {"token": token, "api_url": lending.host.url}
    await lending.gateway.post("sources", {"kind": "github", "access": access})

    lent = await lending.client.git(lending.order, lending.claim, lending.repository, write=True)
    await lending.end()

    assert lent is not None
    assert token in lent.secrets
    assert await lending.gateway.services.loans.settle() == 0
    assert await lending.answers(token) == 200


async def test_a_host_we_have_no_access_to_is_reached_as_anybody(lending: Lending) -> None:
    await lending.put(lending.repository.model_copy(update={"url": "https://git.example/acme/payments"}))

    assert await lending.client.git(lending.order, lending.claim, lending.repository, write=False) is None


@pytest.mark.parametrize("url", ["git@github.com:acme/payments.git", "/srv/payments.git"])
async def test_ssh_and_paths_need_nothing_of_ours(url: str, tmp_path: Path) -> None:
    order = WorkOrder(
        job="01j0000000000000000000test",
        run=1,
        ticket=job().ticket,
        repository=Repository(alias="payments", url=url),
        base_branch="main",
        branch="jca/x",
        provider="p",
        model="m",
    )
    async with GatewayClient(str(tmp_path / "nobody-listens.sock"), CLUSTER_TOKEN) as client:
        assert await client.git(order, Claim("here:1"), order.repository, write=True) is None


async def test_an_app_that_is_not_installed_ends_the_run_with_the_remedy(lending: Lending) -> None:
    lending.host.github.world.installations.clear()

    with pytest.raises(errors.NotReady, match="not installed on acme/payments") as caught:
        await lending.client.git(lending.order, lending.claim, lending.repository, write=False)
    assert "Install it there" in caught.value.remedy


async def test_a_repository_that_is_gone_is_not_lent_for(lending: Lending) -> None:
    await lending.gateway.services.ledger.write(configuration.remove_repository, "payments")

    with pytest.raises(errors.NotReady, match="not configured any more"):
        await lending.client.git(lending.order, lending.claim, lending.repository, write=True)


async def test_a_test_of_a_repository_may_fetch_it_while_it_lasts(lending: Lending, tmp_path: Path) -> None:
    arguments = {"alias": "payments", "url": lending.repository.url, "branch": "main"}
    errand = Errand(kind=Kind.TEST_CLONE, worker="worker-1", arguments=arguments)
    await lending.gateway.services.errands.ask(errand)

    lent = await lending.client.fetching(errand)
    snapshot = await Mirrors(tmp_path / "mirrors").sync(lending.repository.url, "main", lent)

    assert snapshot.commit == lending.host.git("acme/payments", "rev-parse", "main")
    with pytest.raises(errors.NotReady, match="no errand"):
        await lending.client.fetching(errand.model_copy(update={"id": "nobody-asked"}))


async def test_an_errand_of_another_kind_is_lent_nothing(lending: Lending) -> None:
    errand = Errand(kind=Kind.SELF_TEST, worker="worker-1", arguments={"provider": "p", "alias": "payments"})
    await lending.gateway.services.errands.ask(errand)

    with pytest.raises(errors.NotReady, match="fetches no repository"):
        await lending.client.fetching(errand)


async def test_access_is_never_shown_again(lending: Lending) -> None:
    stored = await lending.gateway.services.ledger.read(configuration.access)
    listed = await lending.gateway.get("sources")

    (source,) = listed["sources"]
    assert source["access"] == f"App {APP_ID} at {lending.host.url}"
    assert source["address"].endswith(":8011/webhooks/github")
    assert "PRIVATE KEY" not in json.dumps(listed) + stored[0].model_dump_json()
    tried = await lending.gateway.post("sources/github/test")
    assert [step["ok"] for step in tried["steps"]] == [True] * 8
