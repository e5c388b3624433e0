"""A job that an executor runs, and what that executor asks the gateway with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jobs.job import Job
from tests.support.gateway.api import Running
from tests.support.gateway.parts import CLUSTER_TOKEN
from worker.executor.gateway_client import GatewayClient
from worker.gateway.cluster import create_cluster_app
from worker.serving import serving


@dataclass
class Claim:
    """An executor's lease, as far as the gateway looks at it."""

    token: str

    async def current(self) -> bool:
        return True


class Claimed(NamedTuple):
    """The executor's side while its claim holds."""

    client: GatewayClient
    socket: Path
    """Of the cluster API."""
    claim: Claim


@asynccontextmanager
async def claimed(gateway: Running, queued: Job, valkey_url: str) -> AsyncIterator[Claimed]:
    """Let an executor claim this dispatch and hold it until left."""
    socket = Path(valkey_url.removeprefix("unix://")).with_name("g.sock")
    async with (
        serving(create_cluster_app(gateway.services), path=socket),
        GatewayClient(str(socket), CLUSTER_TOKEN) as client,
        gateway.worker() as (began, _),
    ):
        await asyncio.wait_for(began.wait(), 30)
        token = await gateway.redis.hget(f"jca:job:{queued.dispatch_id}", "token")
        yield Claimed(client, socket, Claim(token.decode()))
