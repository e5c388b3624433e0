"""The cluster API and its client, over a unix socket as under `jca up`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from aiohttp import web

from jobs import errors
from jobs.job import Job
from tests.support.gateway.api import KEY, Running, job
from tests.support.gateway.parts import CLUSTER_TOKEN
from worker.executor.gateway_client import GatewayClient
from worker.gateway.cluster import create_cluster_app
from worker.serving import serving


@dataclass
class Cluster:
    gateway: Running
    socket: Path


@pytest.fixture
async def cluster(gateway: Running, valkey_url: str) -> AsyncIterator[Cluster]:
    socket = Path(valkey_url.removeprefix("unix://")).with_name("g.sock")
    async with serving(create_cluster_app(gateway.services), path=socket):
        yield Cluster(gateway, socket)


async def test_an_executor_gets_the_profiles_with_their_keys(cluster: Cluster) -> None:
    async with GatewayClient(str(cluster.socket), CLUSTER_TOKEN) as client:
        (profile,) = await client.profiles()

    assert profile == (await cluster.gateway.services.catalog()).providers[0]
    assert profile.api_key is not None
    assert profile.api_key.get_secret_value() == KEY


async def test_a_profile_that_is_gone_is_not_ready(cluster: Cluster) -> None:
    async with GatewayClient(str(cluster.socket), CLUSTER_TOKEN) as client:
        assert (await client.provider("local-model")).default_model == "small"
        with pytest.raises(errors.NotReady, match="no enabled provider skynet"):
            await client.provider("skynet")


async def test_only_the_present_claim_holds_its_run(cluster: Cluster) -> None:
    queued = await cluster.gateway.dispatched(job())
    async with GatewayClient(str(cluster.socket), CLUSTER_TOKEN) as client:
        assert await client.current(queued.dispatch_id, "worker-1:1") is False
        async with cluster.gateway.worker() as (began, _):
            await asyncio.wait_for(began.wait(), 30)
            token = await claimed_by(cluster.gateway, queued)

            assert await client.current(queued.dispatch_id, token) is True
            assert await client.current(queued.dispatch_id, f"{token}0") is False
            assert await client.current("nothing.1", token) is False


async def claimed_by(gateway: Running, queued: Job) -> str:
    token = await gateway.redis.hget(f"jca:job:{queued.dispatch_id}", "token")
    return str(token.decode())


@pytest.mark.parametrize("token", ["wrong", f"{CLUSTER_TOKEN}x", CLUSTER_TOKEN[:-1]])
async def test_without_the_cluster_token_nothing_is_told(cluster: Cluster, token: str) -> None:
    async with GatewayClient(str(cluster.socket), token) as client:
        with pytest.raises(errors.NotReady, match="does not know this cluster token"):
            await client.profiles()

    transport = httpx.AsyncHTTPTransport(uds=str(cluster.socket))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as bare:
        for method, path in (("GET", "/cluster/v1/profiles"), ("POST", "/cluster/v1/runs/current"), ("GET", "/x")):
            answer = await bare.request(method, path, headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401
            assert KEY not in answer.text


async def test_a_claim_that_cannot_be_read_is_refused(cluster: Cluster) -> None:
    transport = httpx.AsyncHTTPTransport(uds=str(cluster.socket))
    headers = {"Authorization": f"Bearer {CLUSTER_TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=headers) as bare:
        answer = await bare.post("/cluster/v1/runs/current", json={"dispatch_id": "x"})

    assert (answer.status_code, answer.json()["error"]) == (400, "bad_input")


async def test_an_absent_gateway_is_said_with_the_way_to_start_it(tmp_path: Path) -> None:
    async with GatewayClient(str(tmp_path / "g.sock"), CLUSTER_TOKEN) as client:
        with pytest.raises(errors.TryAgain, match=r"does not answer at .*g\.sock") as caught:
            await client.profiles()

    assert "jca gateway" in caught.value.remedy


async def test_an_answer_of_another_version_is_not_misread() -> None:
    async def profiles(_request: web.Request) -> web.Response:
        return web.json_response({"profiles": [{"name": "x", "kind": "from-the-future"}]})

    app = web.Application()
    app.router.add_get("/cluster/v1/profiles", profiles)
    async with (
        serving(app, host="127.0.0.1") as address,
        GatewayClient(f"http://{address}", CLUSTER_TOKEN) as client,
    ):
        with pytest.raises(errors.NotReady, match="another version"):
            await client.profiles()
