"""`/api/v1/jobs` as a client meets it."""

from __future__ import annotations

import asyncio
import json

import pytest

from jobs.job import Status, advance, now
from jobs.ledger import outbox, records, runs
from jobs.reasons import Code, because
from tests.support.gateway.api import KEY, Running, job, ready


async def test_a_page_of_jobs_continues_where_the_last_one_ended(gateway: Running) -> None:
    kept = [await gateway.put(job(f"PAY-{number}")) for number in range(5)]

    first = await gateway.get("jobs", limit=3)
    second = await gateway.get("jobs", limit=3, before=first["next"])

    listed = [line["id"] for line in (*first["jobs"], *second["jobs"])]
    assert listed == sorted((each.id for each in kept), reverse=True)
    assert second["next"] is None


async def test_jobs_are_narrowed_by_status_words_repository_and_text(gateway: Running) -> None:
    await gateway.put(job("PAY-1"))
    await gateway.put(advance(job("PAY-2"), Status.DENIED, repository="web"))
    await gateway.put(advance(job("PAY-3"), Status.CANCELLED, repository="web"))

    async def keys(**query: str) -> list[str]:
        return [line["ticket"] for line in (await gateway.get("jobs", **query))["jobs"]]

    assert await keys(status="failed") == ["PAY-2"]
    assert await keys(status="denied") == ["PAY-2"]
    assert sorted(await keys(repository="web")) == ["PAY-2", "PAY-3"]
    assert await keys(q="mend pay-1") == ["PAY-1"]
    assert await keys(status="succeeded") == []


async def test_a_queued_job_is_shown_as_held_until_a_worker_is_ready(gateway: Running) -> None:
    queued = await gateway.dispatched(job())

    held = await gateway.get(f"jobs/{queued.id}")
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)
    waiting = await gateway.get(f"jobs/{queued.id}")

    assert (held["status"], held["shown"]) == ("queued", "held")
    assert "no worker is connected" in held["note"]
    assert waiting["shown"] == "queued"
    assert [line["id"] for line in (await gateway.get("jobs", status="queued"))["jobs"]] == [queued.id]
    assert (await gateway.get("jobs", status="held"))["jobs"] == []


async def test_a_job_is_shown_with_stages_history_and_report(gateway: Running) -> None:
    kept = await gateway.put(job(run=1))
    write, denied = gateway.services.ledger.write, advance(kept, Status.DENIED, because(Code.ACTOR_NOT_ALLOWED, "No."))
    await write(records.save, denied, who="triage")
    await write(runs.put_stage, kept.id, runs.Stage(run=1, name="checkout", state="done", started_at=now()))
    await write(runs.put_report, kept.id, "# Sorry")

    shown = await gateway.get(f"jobs/{kept.id}")

    assert shown["reason"]["code"] == "actor_not_allowed"
    assert [stage["name"] for stage in shown["stages"]] == ["checkout"]
    assert [(step["status"], step["who"]) for step in shown["history"]] == [("received", "test"), ("denied", "triage")]
    assert shown["report"] == "# Sorry"


async def test_a_diff_says_when_it_is_not_whole(gateway: Running) -> None:
    kept = await gateway.put(job())
    missing = await gateway.client.get(f"jobs/{kept.id}/diff")
    await gateway.services.ledger.write(runs.put_diff, kept.id, runs.Diff(text="--- a\n+++ b\n", truncated=True))

    answer = await gateway.client.get(f"jobs/{kept.id}/diff")

    assert missing.status_code == 404
    assert (answer.text, answer.headers["JCA-Truncated"]) == ("--- a\n+++ b\n", "true")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_log_is_read_as_text_or_as_the_lines_after_one(gateway: Running) -> None:
    kept = await gateway.put(job())
    await gateway.say(kept.id, "one", f"two {KEY}", "three")

    text = (await gateway.client.get(f"jobs/{kept.id}/log")).text
    lines = await gateway.get(f"jobs/{kept.id}/log", format="json")
    rest = await gateway.get(f"jobs/{kept.id}/log", format="json", after=lines[1]["id"])

    assert text == "one\ntwo •••\nthree\n"
    assert [line["text"] for line in rest] == ["three"]
    assert (lines[0]["stage"], lines[0]["kind"], lines[0]["run"]) == ("agent", "output", 1)


async def test_a_follower_gets_every_line_once_across_a_broken_connection(gateway: Running) -> None:
    kept = await gateway.put(job())
    await gateway.say(kept.id, *(f"line {number}" for number in range(4)))

    first = await follow(gateway, kept.id, after="", lines=4)
    await gateway.say(kept.id, "line 4", "line 5")
    await gateway.services.ledger.write(records.save, advance(kept, Status.CANCELLED), who="test")
    second = await follow(gateway, kept.id, after=first[-1][1], lines=3)

    assert [json.loads(data)["text"] for name, _, data in (*first, *second[:-1]) if name == "line"] == [
        f"line {number}" for number in range(6)
    ]
    assert second[-1][0] == "end"
    assert json.loads(second[-1][2]) == {"status": "cancelled"}


async def follow(gateway: Running, job_id: str, *, after: str, lines: int) -> list[tuple[str, str, str]]:
    """The first events of a stream as (name, id, data); comments are left out."""
    found: list[tuple[str, str, str]] = []
    fields: dict[str, str] = {}
    headers = {"Last-Event-ID": after} if after else {}
    async with (
        asyncio.timeout(30),
        gateway.client.stream("GET", f"jobs/{job_id}/events", headers=headers) as answer,
    ):
        assert answer.headers["Content-Type"] == "text/event-stream"
        async for line in answer.aiter_lines():
            if line:
                name, _, value = line.partition(": ")
                fields[name] = value
                continue
            if "event" in fields:
                found.append((fields["event"], fields.get("id", ""), fields["data"]))
            fields = {}
            if len(found) == lines:
                break
    return found


async def test_a_waiting_job_is_cancelled_at_once_and_leaves_the_queue(gateway: Running) -> None:
    queued = await gateway.dispatched(job())

    answer = await gateway.post(f"jobs/{queued.id}/cancel")

    kept = await gateway.read(queued)
    assert (answer["status"], kept.status) == ("cancelled", Status.CANCELLED)
    assert kept.reason is not None
    assert kept.reason.code == "cancelled"
    assert (await gateway.services.dispatch.place(queued.dispatch_id)).state == "gone"
    assert await gateway.acts() == [("api", "job.cancel", queued.id)]
    assert [owed.effect for owed in await gateway.services.ledger.read(outbox.due)] == [outbox.Effect.REPORT]


async def test_a_job_that_triage_has_not_seen_can_be_cancelled(gateway: Running) -> None:
    received = await gateway.put(job())

    assert (await gateway.post(f"jobs/{received.id}/cancel"))["job"]["status"] == "cancelled"


async def test_an_ended_job_cannot_be_cancelled_again(gateway: Running) -> None:
    received = await gateway.put(job())
    await gateway.post(f"jobs/{received.id}/cancel")

    answer = await gateway.post(f"jobs/{received.id}/cancel", code=409)

    assert answer["error"] == "conflict"
    assert "already ended" in answer["message"]


async def test_a_job_whose_commit_is_pushed_cannot_be_cancelled(gateway: Running) -> None:
    publishing = await gateway.put(job(status=Status.PUBLISHING))

    answer = await gateway.post(f"jobs/{publishing.id}/cancel", code=409)

    assert "pull request" in answer["message"]


async def test_a_running_job_is_told_to_stop_and_its_worker_says_the_rest(gateway: Running) -> None:
    queued = await gateway.dispatched(job())
    async with gateway.worker() as (began, stopped):
        await asyncio.wait_for(began.wait(), 30)

        answer = await gateway.post(f"jobs/{queued.id}/cancel")

        assert answer["status"] == "stopping"
        await asyncio.wait_for(stopped.wait(), 30)
    assert (await gateway.read(queued)).status is Status.QUEUED  # its end is told by events, which no duty folds here
    assert await gateway.acts() == [("api", "job.stop", queued.id)]


async def test_a_running_job_nobody_holds_is_not_declared_cancelled(gateway: Running) -> None:
    running = await gateway.put(job(status=Status.RUNNING, run=1))

    answer = await gateway.post(f"jobs/{running.id}/cancel", code=503)

    assert answer["error"] == "try_again"
    assert (await gateway.read(running)).status is Status.RUNNING


async def test_an_ended_job_starts_again_and_wakes_triage(gateway: Running) -> None:
    failed = await gateway.put(
        advance(job(run=1, status=Status.RUNNING), Status.FAILED, because(Code.NO_CHANGES, "None."))
    )

    answer = await gateway.post(f"jobs/{failed.id}/retry")

    assert (answer["status"], answer["reason"], answer["ended_at"]) == ("received", None, None)
    assert gateway.woken == ["woken"]
    assert await gateway.acts() == [("api", "job.retry", failed.id)]


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.SUPERSEDED, Status.QUEUED, Status.RUNNING])
async def test_what_needs_no_retry_is_not_retried(gateway: Running, status: Status) -> None:
    kept = await gateway.put(job(status=status))

    answer = await gateway.post(f"jobs/{kept.id}/retry", code=409)

    assert status.value in answer["message"]
    assert gateway.woken == []


async def test_a_ticket_never_has_two_unfinished_jobs_by_retrying(gateway: Running) -> None:
    old = await gateway.put(advance(job("PAY-9"), Status.CANCELLED))
    new = await gateway.put(job("PAY-9"))

    answer = await gateway.post(f"jobs/{old.id}/retry", code=409)

    assert new.id in answer["message"]
