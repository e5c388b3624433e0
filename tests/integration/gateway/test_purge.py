"""Purging a ticket: nothing of it is left in ledger, queue and on connected workers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from jobs.errand import Errand, ErrandEnd, ErrandStep, Kind
from jobs.job import Status
from jobs.ledger import audit, records
from jobs.queue.errand_worker import ErrandWorker
from jobs.ticket import Ticket
from tests.support.gateway.api import Running, job
from worker.serving import ended


@asynccontextmanager
async def worker(gateway: Running) -> AsyncIterator[list[Errand]]:
    """A connected worker that notes the errands it does."""
    done: list[Errand] = []

    async def perform(errand: Errand, _report: Callable[[ErrandStep], Awaitable[None]]) -> ErrandEnd:
        done.append(errand)
        return ErrandEnd(ok=True, sentence="Nothing of it is kept here any more.")

    await gateway.services.presence.publish("worker-1", [], ttl=60)
    task = asyncio.create_task(ErrandWorker(gateway.redis, "worker-1", perform).serve())
    yield done
    await ended(task)


async def test_a_purged_ticket_leaves_nothing_but_the_word_that_it_was_purged(gateway: Running) -> None:
    gone = [await gateway.put(job("PAY-1", status=Status.FAILED)) for _ in range(2)]
    kept = await gateway.put(job("PAY-2", status=Status.FAILED))
    await gateway.say(gone[0].id, "the secret plan")
    await gateway.say(kept.id, "stays")
    await gateway.told(1, source="local", ticket_key="PAY-1")
    await gateway.told(2, source="local", ticket_key="PAY-2")

    async with worker(gateway) as done:
        purged = await gateway.post("purge", {"source": "local", "ticket": "PAY-1"})

    ids = {one.id for one in gone}
    assert set(purged["jobs"]) == ids
    assert purged["workers"] == [
        {"worker": "worker-1", "ok": True, "sentence": "Nothing of it is kept here any more."},
    ]
    assert [(one.kind, set(one.arguments["jobs"].split())) for one in done] == [(Kind.FORGET, ids)]
    assert [one["id"] for one in (await gateway.get("jobs"))["jobs"]] == [kept.id]
    assert [one["ticket_key"] for one in (await gateway.get("deliveries"))["deliveries"]] == ["PAY-2"]
    assert await gateway.services.logs.tail(gone[0].id) == []
    assert len(await gateway.services.logs.tail(kept.id)) == 1
    (entry,) = await gateway.services.ledger.read(audit.recent)
    assert (entry.actor, entry.action, entry.subject, entry.detail) == ("api", "ticket.purge", "local/PAY-1", "2 jobs")


async def test_a_ticket_that_is_worked_on_is_not_purged(gateway: Running) -> None:
    running = await gateway.put(job("PAY-1", status=Status.RUNNING))
    await gateway.say(running.id, "at work")

    conflict = await gateway.post("purge", {"source": "local", "ticket": "PAY-1"}, 409)
    nothing = await gateway.post("purge", {"source": "local", "ticket": "PAY-9"}, 404)

    assert "has not ended" in conflict["message"]
    assert nothing["error"] == "not_found"
    assert await gateway.services.ledger.read(records.find, running.id) is not None
    assert len(await gateway.services.logs.tail(running.id)) == 1


async def test_what_a_purge_would_forget_is_listed_by_source(gateway: Running) -> None:
    local = await gateway.put(job("PAY-1", status=Status.FAILED))
    other = Ticket(source="github", key="PAY-1", title="Another PAY-1")
    github = await gateway.put(job(status=Status.FAILED).model_copy(update={"ticket": other}))

    found = await gateway.get("purge", ticket="PAY-1")

    assert {one["source"]: one["jobs"] for one in found["tickets"]} == {"local": [local.id], "github": [github.id]}
