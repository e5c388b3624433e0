"""Pausing and resuming, why a job waits, and the way back of a job whose publishing failed."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobs import spending
from jobs.holds import Hold
from jobs.job import Job, Status, advance, now
from jobs.ledger import attempts, holds, outbox
from jobs.reasons import Code, because
from tests.support.gateway.api import SELECTION, Running, job, ready


async def hold(gateway: Running, subject: str, code: Code, *, by: str, until: datetime | None = None) -> Hold:
    """A hold of the ledger and, as the duties would bring it, of the queue."""
    put = Hold(subject=subject, reason=because(code, f"{code.value} it is."), by=by, until=until)
    await gateway.services.ledger.write(holds.put, put)
    await gateway.services.dispatch.hold(subject, until)
    return put


async def attempt(gateway: Running, run: Job, outcome: str, seconds: float) -> None:
    """An attempt of a running job that ended after some seconds."""
    began = now() - timedelta(seconds=seconds)
    await gateway.services.ledger.write(attempts.begin, run, began)
    await gateway.services.ledger.write(attempts.end, run.claim, outcome, began + timedelta(seconds=seconds), "")


async def test_what_is_paused_is_held_in_ledger_and_queue_until_it_is_resumed(gateway: Running) -> None:
    queued = await gateway.dispatched(job())
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)

    put = await gateway.post("holds", {"subject": "repository:locked", "note": "moves."})
    await gateway.post("holds", {"subject": "account:local-model", "note": "  new\nkey  "})
    held = await gateway.get(f"jobs/{queued.id}")

    assert put["reason"]["sentence"] == "Paused by api: moves."
    assert await gateway.services.dispatch.holds() == {"account:local-model": None, "repository:locked": None}
    assert (held["shown"], held["note"]) == ("held", "Paused by api: new key.")
    assert held["held_by"]["subject"] == "account:local-model"
    assert [line["id"] for line in (await gateway.get("jobs", status="held"))["jobs"]] == [queued.id]
    assert (await gateway.get("jobs", status="queued"))["jobs"] == []

    resumed = await gateway.client.delete("holds/account%3Alocal-model")
    again = await gateway.get(f"jobs/{queued.id}")

    assert [one["reason"]["code"] for one in resumed.json()["ended"]] == ["paused"]
    assert list(await gateway.services.dispatch.holds()) == ["repository:locked"]
    assert [one["subject"] for one in (await gateway.get("holds"))["holds"]] == ["repository:locked"]
    assert (again["shown"], again["held_by"]) == ("queued", None)
    assert (await gateway.acts())[:2] == [
        ("api", "hold.end", "account:local-model"),
        ("api", "hold.put", "account:local-model"),
    ]


async def test_what_does_not_exist_cannot_be_paused(gateway: Running) -> None:
    unknown = await gateway.post("holds", {"subject": "account:local-modle"}, 404)
    person = await gateway.post("holds", {"subject": "person:local/mira"}, 400)

    assert unknown["message"] == "There is no account local-modle."
    assert unknown["remedy"] == "Did you mean local-model? Known: local-model."
    assert "nothing that can be paused" in person["message"]
    assert (await gateway.get("holds"))["holds"] == []


async def test_resuming_ends_pauses_and_the_wait_for_a_providers_limit(gateway: Running) -> None:
    later = now() + timedelta(hours=3)
    await hold(gateway, "account:local-model", Code.PAUSED, by="mira")
    await hold(gateway, "account:local-model", Code.QUOTA_REACHED, by="worker-1", until=later)

    resumed = await gateway.client.delete("holds/account:local-model")

    assert {one["reason"]["code"] for one in resumed.json()["ended"]} == {"paused", "quota_reached"}
    assert await gateway.services.dispatch.holds() == {}
    assert (await gateway.client.delete("holds/account:local-model")).status_code == 404


async def test_a_hold_that_only_the_queue_knows_is_ended_too(gateway: Running) -> None:
    await gateway.services.dispatch.hold("account:local-model", now() + timedelta(hours=3))

    resumed = await gateway.client.delete("holds/account:local-model")

    assert resumed.json() == {"ended": [], "left": []}
    assert await gateway.services.dispatch.holds() == {}


async def test_a_spend_cap_is_not_resumed_but_raised(gateway: Running) -> None:
    midnight = now() + timedelta(hours=3)
    await hold(gateway, "*", Code.SPEND_WORKSPACE, by=spending.BY, until=midnight)
    refused = await gateway.client.delete("holds/*")

    await hold(gateway, "*", Code.PAUSED, by="mira")
    resumed = await gateway.client.delete("holds/*")

    assert refused.status_code == 403
    assert "raises `daily_usd`" in refused.json()["remedy"]
    assert [one["reason"]["code"] for one in resumed.json()["ended"]] == ["paused"]
    assert [one["reason"]["code"] for one in resumed.json()["left"]] == ["spend_workspace"]
    assert await gateway.services.dispatch.holds() == {"*": midnight}


async def test_a_waiting_job_says_its_place_and_when_it_will_start(gateway: Running) -> None:
    for number in range(2):
        ran = advance(
            job(f"OLD-{number}", status=Status.QUEUED, selection=SELECTION), Status.RUNNING, claim=f"c{number}"
        )
        await attempt(gateway, ran, "published", 600)
    first, second = [await gateway.dispatched(job(f"PAY-{number}")) for number in range(2)]
    silent = await gateway.get(f"jobs/{second.id}")
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)

    lines = {line["id"]: line for line in (await gateway.get("jobs"))["jobs"]}

    assert (silent["shown"], silent["position"], silent["starts_in_seconds"]) == ("held", 2, None)
    assert (lines[first.id]["position"], lines[first.id]["starts_in_seconds"]) == (1, 0)
    assert (lines[second.id]["position"], lines[second.id]["starts_in_seconds"]) == (2, 600)
    assert lines[second.id]["note"] == "Number 2 in line for local-model, starts in about 10 min"


async def test_held_and_queued_are_told_apart_for_every_kind_of_hold(gateway: Running) -> None:
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)
    capped, free = [await gateway.dispatched(job(key)) for key in ("PAY-1", "PAY-2")]
    other = job("PAY-3", status=Status.QUEUED, selection=SELECTION.model_copy(update={"model": "large"}))
    await gateway.put(other)
    await hold(gateway, "ticket:local/PAY-1", Code.SPEND_TICKET, by=spending.BY)

    async def ids(status: str) -> set[str]:
        return {line["id"] for line in (await gateway.get("jobs", status=status))["jobs"]}

    assert await ids("held") == {capped.id, other.id}
    assert await ids("queued") == {free.id}


async def test_a_job_shows_every_attempt(gateway: Running) -> None:
    running = await gateway.put(
        advance(job(status=Status.QUEUED, selection=SELECTION), Status.RUNNING, worker="worker-1", claim="one"),
    )
    await attempt(gateway, running, "lost", 60)

    shown = await gateway.get(f"jobs/{running.id}")

    assert [(one["worker"], one["outcome"], one["model"]) for one in shown["attempts"]] == [
        ("worker-1", "lost", "small"),
    ]


async def test_only_publishing_is_repeated_where_the_commit_is_pushed(gateway: Running) -> None:
    reason = because(Code.PUBLISH_FAILED, "GitHub said no.")
    running = advance(job(status=Status.QUEUED, selection=SELECTION), Status.RUNNING, claim="c1", commit="ab" * 20)
    failed = await gateway.put(advance(advance(running, Status.PUBLISHING), Status.PUBLISH_FAILED, reason))
    await attempt(gateway, running, "published", 60)

    again = await gateway.post(f"jobs/{failed.id}/retry")

    assert (again["status"], again["reason"]) == ("publishing", None)
    (owed,) = await gateway.services.ledger.read(outbox.due)
    assert (owed.job_id, owed.effect) == (failed.id, outbox.Effect.PULL_REQUEST)
    assert gateway.woken == ["woken"]
    assert await gateway.acts() == [("api", "job.retry", failed.id)]


async def test_a_commit_that_is_only_stored_with_its_worker_goes_back_to_the_start(gateway: Running) -> None:
    reason = because(Code.PUBLISH_FAILED, "The remote said no.")
    running = advance(job(status=Status.QUEUED, selection=SELECTION), Status.RUNNING, claim="c1", commit="ab" * 20)
    failed = await gateway.put(advance(running, Status.PUBLISH_FAILED, reason))
    await attempt(gateway, running, "unpublished", 60)

    again = await gateway.post(f"jobs/{failed.id}/retry")

    assert again["status"] == "received"
    assert await gateway.services.ledger.read(outbox.due) == []
