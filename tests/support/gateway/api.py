"""A gateway in the test's own loop, and its JSON API as a client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import yaml
from arq.connections import ArqRedis

from jobs.events import NewLine
from jobs.identifiers import new_id
from jobs.job import Job, Status, advance, now
from jobs.ledger import audit, deliveries, records
from jobs.order import WorkOrder
from jobs.queue.lease import Lease
from jobs.queue.offer import Offer
from jobs.queue.worker import make_worker
from jobs.readiness import Readiness, State
from jobs.repository import Repository
from jobs.selection import Selection
from jobs.settings import Settings
from jobs.ticket import Delivery, Person, Ticket
from tests.support.gateway import parts
from tests.support.gateway.parts import API_TOKEN
from worker.gateway.app import create_app
from worker.gateway.services import Services
from worker.serving import ended, serving

KEY = "sk-a-key-nobody-may-see-0123"

CONFIGURATION = {
    "providers": [
        {
            "name": "local-model",
            "kind": "openai-compatible",
            "base_url": "http://127.0.0.1:1/v1",
            "auth_mode": "bearer",
            "api_key": KEY,
            "models": [{"id": "small", "aliases": ["tiny"]}, {"id": "large"}],
            "default_model": "small",
            "source": "from JCA_CONFIG_FILE",
        },
    ],
    "repositories": [{"alias": "locked", "url": "https://git.example/acme/locked", "enabled": False}],
}

SELECTION = Selection(provider="local-model", model="small")
PAYMENTS = Repository(alias="payments", url="https://git.example/acme/payments", full_name="acme/payments")


Json = Any
"""Whatever an answer holds; the assertions of a test say what it should."""


@dataclass
class Running:
    """A gateway that answers, and what a test wants to do with it."""

    services: Services
    redis: ArqRedis
    address: str
    client: httpx.AsyncClient
    woken: list[str] = field(default_factory=list)

    async def get(self, path: str, code: int = 200, /, **query: object) -> Json:
        """Ask the API, which must answer with this status."""
        answer = await self.client.get(path, params={name: str(value) for name, value in query.items()})
        assert answer.status_code == code, answer.text
        return answer.json()

    async def post(self, path: str, body: object = None, code: int = 200) -> Json:
        """Ask the API for a change, which it must answer with this status."""
        answer = await self.client.post(path, json=body)
        assert answer.status_code == code, answer.text
        return answer.json()

    async def acts(self) -> list[tuple[str, str, str]]:
        """Who did what to what, newest first."""
        return [(entry.actor, entry.action, entry.subject) for entry in await self.services.ledger.read(audit.recent)]

    async def say(self, job_id: str, *texts: str) -> None:
        """Append lines to a job's output."""
        lines = [NewLine(run=1, stage="agent", kind="output", text=text) for text in texts]
        await self.services.logs.append(job_id, lines)

    async def told(self, number: int, **fields: object) -> str:
        """Keep a delivery; returns its id."""
        known = {
            "id": new_id(),
            "source": "github",
            "key": f"key-{number}",
            "content_hash": str(number),
            "event": "issues.opened",
            "actor": Person(id="mira"),
            "outcome": "ignored",
            "reason": "bot_author",
        }
        delivery = Delivery.model_validate(known | fields)
        await self.services.ledger.write(deliveries.record, delivery)
        return delivery.id

    async def put(self, job: Job) -> Job:
        """Record a job as it is."""
        await self.services.ledger.write(records.insert_job, job, who="test", why="")
        return job

    async def read(self, job: Job) -> Job:
        """The job as it is recorded now."""
        return await self.services.ledger.read(records.get, job.id)

    async def dispatched(self, job: Job) -> Job:
        """Record a queued job and put it into the queue."""
        queued = advance(job, Status.QUEUED, repository="payments", run=1, selection=SELECTION)
        await self.put(queued)
        order = WorkOrder(
            job=queued.id,
            run=queued.run,
            ticket=queued.ticket,
            repository=PAYMENTS,
            base_branch="main",
            branch="jca/x",
            provider=SELECTION.provider,
            model=SELECTION.model,
        )
        await self.services.dispatch.enqueue(order)
        return queued

    @asynccontextmanager
    async def worker(self) -> AsyncIterator[tuple[asyncio.Event, asyncio.Event]]:
        """A worker whose runs last until they are cancelled; yields when one began, and when one was stopped."""
        began, stopped = asyncio.Event(), asyncio.Event()

        async def run(_order: WorkOrder, _lease: Lease) -> None:
            began.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        worker = make_worker(
            self.redis,
            name="worker-1",
            run=run,
            offers=lambda: [Offer(SELECTION.account, SELECTION.model)],
            max_jobs=1,
            job_timeout=60,
            handle_signals=False,
        )
        task = asyncio.create_task(worker.serve())
        yield began, stopped
        await ended(task)


def job(key: str = "PAY-1", *, status: Status = Status.RECEIVED, **fields: object) -> Job:
    """A job of a ticket nobody doubts."""
    ticket = Ticket(source="local", key=key, title=f"Mend {key}", body="[JCA]\nmodel=small\n[/JCA]")
    return Job.model_validate({"ticket": ticket, "status": status, **fields})


def ready(worker: str) -> Readiness:
    """What a worker says whose self-test passed."""
    return Readiness(
        account="local-model",
        model="small",
        worker=worker,
        state=State.READY,
        reason="The self-test passed.",
        checked_at=now(),
        expires_at=now() + timedelta(minutes=5),
    )


@asynccontextmanager
async def running(state: Path, queue_url: str) -> AsyncIterator[Running]:
    """A gateway over this state directory; the configuration file lies in it as well."""
    state.mkdir(exist_ok=True)
    (state / "api-token").write_text(API_TOKEN)
    (state / "jca.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    settings = Settings.model_validate({"state_dir": state, "config_file": state / "jca.yaml", "redis_url": queue_url})
    headers = {"Authorization": f"Bearer {API_TOKEN}"}
    async with (
        parts.opened(settings, queue_url) as opened,
        serving(create_app(opened.services), host="127.0.0.1") as address,
        httpx.AsyncClient(base_url=f"http://{address}/api/v1/", headers=headers, trust_env=False, timeout=30) as client,
    ):
        yield Running(opened.services, opened.redis, address, client, opened.woken)
