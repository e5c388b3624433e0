"""The JSON API as a client meets it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs import sources
from jobs.events import NewLine
from jobs.job import Status, advance, now
from jobs.ledger import audit, configuration, outbox, records, runs
from jobs.readiness import Readiness, State
from jobs.reasons import Code, because
from tests.support import gateway_server
from tests.support.gateway_server import KEY, PAYMENTS, SELECTION, Running, job


@pytest.fixture(scope="module")
def queue_url() -> Iterator[str]:
    with gateway_server.started_valkey() as url:
        yield url


@pytest.fixture
async def gateway(tmp_path: Path, queue_url: str) -> AsyncIterator[Running]:
    async with gateway_server.running(tmp_path / "state", queue_url) as running:
        yield running


async def get(gateway: Running, path: str, code: int = 200, /, **query: Any) -> Any:
    answer = await gateway.client.get(path, params=query)
    assert answer.status_code == code, answer.text
    return answer.json()


async def post(gateway: Running, path: str, body: object = None, status: int = 200) -> Any:
    answer = await gateway.client.post(path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def acts(gateway: Running) -> list[tuple[str, str, str]]:
    async with gateway.services.ledger.read() as tx:
        return [(entry.actor, entry.action, entry.subject) for entry in await audit.recent(tx)]


# jobs: finding and reading


async def test_a_page_of_jobs_continues_where_the_last_one_ended(gateway: Running) -> None:
    kept = [await gateway.put(job(f"PAY-{number}")) for number in range(5)]

    first = await get(gateway, "jobs", limit=3)
    second = await get(gateway, "jobs", limit=3, before=first["next"])

    listed = [line["id"] for line in (*first["jobs"], *second["jobs"])]
    assert listed == sorted((each.id for each in kept), reverse=True)
    assert second["next"] is None


async def test_jobs_are_narrowed_by_status_words_repository_and_text(gateway: Running) -> None:
    await gateway.put(job("PAY-1"))
    await gateway.put(advance(job("PAY-2"), Status.DENIED, repository="web"))
    await gateway.put(advance(job("PAY-3"), Status.CANCELLED, repository="web"))

    async def keys(**query: str) -> list[str]:
        return [line["ticket"] for line in (await get(gateway, "jobs", **query))["jobs"]]

    assert await keys(status="failed") == ["PAY-2"]
    assert await keys(status="denied") == ["PAY-2"]
    assert sorted(await keys(repository="web")) == ["PAY-2", "PAY-3"]
    assert await keys(q="mend pay-1") == ["PAY-1"]
    assert await keys(status="succeeded") == []


async def test_a_queued_job_is_shown_as_held_until_a_worker_is_ready(gateway: Running) -> None:
    queued = await gateway.dispatched(job())

    held = await get(gateway, f"jobs/{queued.id}")
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)
    waiting = await get(gateway, f"jobs/{queued.id}")

    assert (held["status"], held["shown"]) == ("queued", "held")
    assert "no worker is connected" in held["note"]
    assert waiting["shown"] == "queued"
    assert [line["id"] for line in (await get(gateway, "jobs", status="queued"))["jobs"]] == [queued.id]
    assert (await get(gateway, "jobs", status="held"))["jobs"] == []


def ready(worker: str) -> Readiness:
    return Readiness(
        account="local-model",
        model="small",
        worker=worker,
        state=State.READY,
        reason="The self-test passed.",
        checked_at=now(),
        expires_at=now() + timedelta(minutes=5),
    )


async def test_a_job_is_shown_with_stages_history_and_report(gateway: Running) -> None:
    kept = await gateway.put(job(run=1))
    async with gateway.services.ledger.write() as tx:
        await records.save(tx, advance(kept, Status.DENIED, because(Code.ACTOR_NOT_ALLOWED, "No.")), who="triage")
        await runs.put_stage(tx, kept.id, runs.Stage(run=1, name="checkout", state="done", started_at=now()))
        await runs.put_report(tx, kept.id, "# Sorry")

    shown = await get(gateway, f"jobs/{kept.id}")

    assert shown["reason"]["code"] == "actor_not_allowed"
    assert [stage["name"] for stage in shown["stages"]] == ["checkout"]
    assert [(step["status"], step["who"]) for step in shown["history"]] == [("received", "test"), ("denied", "triage")]
    assert shown["report"] == "# Sorry"


async def test_a_diff_says_when_it_is_not_whole(gateway: Running) -> None:
    kept = await gateway.put(job())
    missing = await gateway.client.get(f"jobs/{kept.id}/diff")
    async with gateway.services.ledger.write() as tx:
        await runs.put_diff(tx, kept.id, runs.Diff(text="--- a\n+++ b\n", truncated=True))

    answer = await gateway.client.get(f"jobs/{kept.id}/diff")

    assert missing.status_code == 404
    assert (answer.text, answer.headers["JCA-Truncated"]) == ("--- a\n+++ b\n", "true")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# jobs: output


async def say(gateway: Running, job_id: str, *texts: str) -> None:
    lines = [NewLine(run=1, stage="agent", kind="output", text=text) for text in texts]
    await gateway.services.logs.append(job_id, lines)


async def test_a_log_is_read_as_text_or_as_the_lines_after_one(gateway: Running) -> None:
    kept = await gateway.put(job())
    await say(gateway, kept.id, "one", f"two {KEY}", "three")

    text = (await gateway.client.get(f"jobs/{kept.id}/log")).text
    lines = await get(gateway, f"jobs/{kept.id}/log", format="json")
    rest = await get(gateway, f"jobs/{kept.id}/log", format="json", after=lines[1]["id"])

    assert text == "one\ntwo •••\nthree\n"
    assert [line["text"] for line in rest] == ["three"]
    assert (lines[0]["stage"], lines[0]["kind"], lines[0]["run"]) == ("agent", "output", 1)


async def test_a_follower_gets_every_line_once_across_a_broken_connection(gateway: Running) -> None:
    kept = await gateway.put(job())
    await say(gateway, kept.id, *(f"line {number}" for number in range(4)))

    first = await follow(gateway, kept.id, after="", lines=4)
    await say(gateway, kept.id, "line 4", "line 5")
    async with gateway.services.ledger.write() as tx:
        await records.save(tx, advance(kept, Status.CANCELLED), who="test")
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


# jobs: stopping and retrying


async def test_a_waiting_job_is_cancelled_at_once_and_leaves_the_queue(gateway: Running) -> None:
    queued = await gateway.dispatched(job())

    answer = await post(gateway, f"jobs/{queued.id}/cancel")

    kept = await gateway.read(queued)
    assert (answer["status"], kept.status) == ("cancelled", Status.CANCELLED)
    assert kept.reason is not None
    assert kept.reason.code == "cancelled"
    assert (await gateway.services.dispatch.place(queued.dispatch_id)).state == "gone"
    assert await acts(gateway) == [("api", "job.cancel", queued.id)]
    async with gateway.services.ledger.read() as tx:
        assert [owed.effect for owed in await outbox.due(tx)] == [outbox.Effect.REPORT]


async def test_a_job_that_triage_has_not_seen_can_be_cancelled(gateway: Running) -> None:
    received = await gateway.put(job())

    assert (await post(gateway, f"jobs/{received.id}/cancel"))["job"]["status"] == "cancelled"


async def test_an_ended_job_cannot_be_cancelled_again(gateway: Running) -> None:
    received = await gateway.put(job())
    await post(gateway, f"jobs/{received.id}/cancel")

    answer = await post(gateway, f"jobs/{received.id}/cancel", status=409)

    assert answer["error"] == "conflict"
    assert "already ended" in answer["message"]


async def test_a_job_whose_commit_is_pushed_cannot_be_cancelled(gateway: Running) -> None:
    publishing = await gateway.put(job(status=Status.PUBLISHING))

    answer = await post(gateway, f"jobs/{publishing.id}/cancel", status=409)

    assert "pull request" in answer["message"]


async def test_a_running_job_is_told_to_stop_and_its_worker_says_the_rest(gateway: Running) -> None:
    queued = await gateway.dispatched(job())
    async with gateway.worker() as (began, stopped):
        await asyncio.wait_for(began.wait(), 30)

        answer = await post(gateway, f"jobs/{queued.id}/cancel")

        assert answer["status"] == "stopping"
        await asyncio.wait_for(stopped.wait(), 30)
    assert (await gateway.read(queued)).status is Status.QUEUED  # its end is told by events, which no duty folds here
    assert await acts(gateway) == [("api", "job.stop", queued.id)]


async def test_a_running_job_nobody_holds_is_not_declared_cancelled(gateway: Running) -> None:
    running = await gateway.put(job(status=Status.RUNNING, run=1))

    answer = await post(gateway, f"jobs/{running.id}/cancel", status=503)

    assert answer["error"] == "try_again"
    assert (await gateway.read(running)).status is Status.RUNNING


async def test_an_ended_job_starts_again_and_wakes_triage(gateway: Running) -> None:
    failed = await gateway.put(
        advance(job(run=1, status=Status.RUNNING), Status.FAILED, because(Code.NO_CHANGES, "None."))
    )

    answer = await post(gateway, f"jobs/{failed.id}/retry")

    assert (answer["status"], answer["reason"], answer["ended_at"]) == ("received", None, None)
    assert gateway.woken == ["woken"]
    assert await acts(gateway) == [("api", "job.retry", failed.id)]


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.SUPERSEDED, Status.QUEUED, Status.RUNNING])
async def test_what_needs_no_retry_is_not_retried(gateway: Running, status: Status) -> None:
    kept = await gateway.put(job(status=status))

    answer = await post(gateway, f"jobs/{kept.id}/retry", status=409)

    assert status.value in answer["message"]
    assert gateway.woken == []


async def test_a_ticket_never_has_two_unfinished_jobs_by_retrying(gateway: Running) -> None:
    old = await gateway.put(advance(job("PAY-9"), Status.CANCELLED))
    new = await gateway.put(job("PAY-9"))

    answer = await post(gateway, f"jobs/{old.id}/retry", status=409)

    assert new.id in answer["message"]


# configuration


async def test_a_repository_is_added_replaced_and_removed(gateway: Running) -> None:
    wanted = {"alias": "payments", "url": "https://git.example/p", "validation_commands": [["pytest", "-q"]]}

    await post(gateway, "repositories", wanted)
    await post(gateway, "repositories", wanted | {"default_branch": "trunk"})
    listed = (await get(gateway, "repositories"))["repositories"]
    removed = await gateway.client.delete("repositories/payments")

    assert [(each["alias"], each["default_branch"]) for each in listed] == [("locked", "main"), ("payments", "trunk")]
    assert removed.status_code == 204
    assert (await gateway.client.delete("repositories/payments")).status_code == 404
    assert [action for _, action, _ in await acts(gateway)] == ["repository.remove", "repository.put", "repository.put"]


async def test_a_repository_in_use_is_kept_and_its_job_is_named(gateway: Running) -> None:
    async with gateway.services.ledger.write() as tx:
        await configuration.put_repository(tx, PAYMENTS)
    user = await gateway.put(job("PAY-7", repository="payments"))

    answer = await gateway.client.delete("repositories/payments")

    assert answer.status_code == 409
    assert user.id in answer.json()["message"]


async def test_what_the_file_provides_is_locked(gateway: Running) -> None:
    added = await post(gateway, "repositories", {"alias": "locked", "url": "https://git.example/x"}, status=403)
    removed = await gateway.client.delete("repositories/locked")

    assert "JCA_CONFIG_FILE" in added["message"]
    assert (removed.status_code, removed.json()["error"]) == (403, "refused")


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"alias": "Pay Ments", "url": "https://x"}, "alias"),
        ({"alias": "p", "url": "file:///etc"}, "url"),
        ({"alias": "p", "url": "https://x", "owner": "me"}, "owner"),
        ({"alias": "p"}, "url"),
    ],
)
async def test_a_field_that_cannot_be_used_is_named(gateway: Running, body: dict[str, str], place: str) -> None:
    answer = await post(gateway, "repositories", body, status=400)

    assert answer["error"] == "bad_input"
    assert answer["message"].startswith(f"{place}: ")


async def test_a_secret_is_shown_once_and_kept_sealed(gateway: Running) -> None:
    added = await post(gateway, "sources", {"kind": "github", "actors": ["mira"]})

    listed = await get(gateway, "sources")
    async with gateway.services.ledger.read() as tx:
        (stored,) = await configuration.sources(tx)

    assert len(added["secret"]) >= 43
    assert listed["sources"] == [added["source"]]
    assert added["source"]["path"] == "/webhooks/github"
    assert added["secret"] not in json.dumps(listed) + stored.model_dump_json()
    opened = sources.unseal(stored, gateway.services.vault)
    assert [secret.get_secret_value() for secret in opened.secrets] == [added["secret"]]


async def test_adding_a_source_again_lets_more_people_in_and_keeps_its_secret(gateway: Running) -> None:
    await post(gateway, "sources", {"kind": "github", "actors": ["mira"]})

    again = await post(gateway, "sources", {"kind": "github", "actors": ["noor"]})

    assert again["secret"] is None
    assert again["source"]["actors"] == ["mira", "noor"]
    assert again["source"]["repositories"] == []


async def test_the_previous_secret_verifies_until_it_is_dropped(gateway: Running) -> None:
    first = (await post(gateway, "sources", {"kind": "github"}))["secret"]
    second = (await post(gateway, "sources/github/rotate"))["secret"]
    assert await valid(gateway) == [second, first]

    third = (await post(gateway, "sources/github/rotate", {"keep_previous": False}))["secret"]
    assert await valid(gateway) == [third]


async def valid(gateway: Running) -> list[str]:
    async with gateway.services.ledger.read() as tx:
        (stored,) = await configuration.sources(tx)
    return [secret.get_secret_value() for secret in sources.unseal(stored, gateway.services.vault).secrets]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"kind": "local"}, "must name the repositories"),
        ({"kind": "github", "repositories": ["nowhere"]}, "no repository nowhere"),
        ({"kind": "github", "secret": "short"}, "secret: "),
        ({"kind": "gitlab"}, "kind: "),
    ],
)
async def test_a_source_that_could_not_work_is_refused(gateway: Running, body: dict[str, str], said: str) -> None:
    answer = await post(gateway, "sources", body, status=400)

    assert said in answer["message"]
    assert "short" not in answer["message"]


async def test_a_removed_source_is_gone(gateway: Running) -> None:
    await post(gateway, "sources", {"kind": "github"})

    assert (await gateway.client.delete("sources/github")).status_code == 204
    assert (await gateway.client.delete("sources/github")).status_code == 404
    assert (await get(gateway, "sources"))["sources"] == []


# what can be chosen


async def test_providers_are_shown_with_readiness_and_without_keys(gateway: Running) -> None:
    await gateway.services.presence.publish("worker-1", [ready("worker-1")], ttl=60)

    answer = await gateway.client.get("providers")
    (shown,) = answer.json()["providers"]

    assert (shown["name"], shown["state"], shown["has_key"]) == ("local-model", "ready", True)
    assert [entry["worker"] for entry in shown["readiness"]] == ["worker-1"]
    assert KEY not in answer.text
    assert "api_key" not in shown
    assert await get(gateway, "providers/local-model") == shown
    assert (await get(gateway, "providers/skynet", 404))["error"] == "not_found"
    (worker,) = (await get(gateway, "workers"))["workers"]
    assert (worker["name"], worker["readiness"]) == ("worker-1", shown["readiness"])


async def test_models_name_their_provider_and_the_default(gateway: Running) -> None:
    listed = (await get(gateway, "models"))["models"]

    assert [(each["provider"], each["model"]["id"], each["is_default"]) for each in listed] == [
        ("local-model", "small", True),
        ("local-model", "large", False),
    ]


async def test_a_ticket_is_explained_by_the_configuration_in_force(gateway: Running) -> None:
    async with gateway.services.ledger.write() as tx:
        await configuration.put_repository(tx, PAYMENTS)
    question = {"text": "[JCA]\nmodel=tiny\n[/JCA]", "repository": "acme/payments"}

    answer = await post(gateway, "resolve", question)
    wrong = await post(gateway, "resolve", {"text": "[JCA]\nmodle=tiny\n[/JCA]"})

    assert (answer["status"], answer["repository"], answer["denied"]) == ("ok", "payments", None)
    assert answer["selection"] | {"because": []} == SELECTION.model_dump() | {"because": []}
    assert (wrong["status"], wrong["error"], wrong["line"], wrong["suggestion"]) == ("error", "unknown_key", 2, "model")


# the record


async def test_the_audit_is_paged_newest_first(gateway: Running) -> None:
    for alias in ("one", "two", "three"):
        await post(gateway, "repositories", {"alias": alias, "url": "https://git.example/x"})

    first = await get(gateway, "audit", limit=2)
    second = await get(gateway, "audit", limit=2, before=first["next"])

    assert [entry["subject"] for entry in (*first["entries"], *second["entries"])] == ["three", "two", "one"]
    assert second["next"] is None


async def test_deliveries_are_listed(gateway: Running) -> None:
    assert await get(gateway, "deliveries") == {"deliveries": []}


# the rim


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("jobs?limit=201", "limit: "),
        ("jobs?limit=x", "limit: "),
        ("jobs?status=sleeping", "status: "),
        ("jobs?colour=red", "colour: "),
        ("audit?before=me", "before: "),
    ],
)
async def test_a_query_that_cannot_be_used_is_named(gateway: Running, path: str, said: str) -> None:
    answer = await gateway.client.get(path)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(said)


@pytest.mark.parametrize(
    "path", ["jobs/nothing", "jobs/nothing/log", "jobs/nothing/events", "jobs/nothing/diff", "nowhere"]
)
async def test_what_does_not_exist_is_said_in_json(gateway: Running, path: str) -> None:
    assert (await get(gateway, path, 404))["error"] == "not_found"


async def test_a_body_has_a_limit(gateway: Running) -> None:
    answer = await gateway.client.post("resolve", json={"text": "x" * 3_000_000})

    assert answer.status_code == 413
    assert answer.json()["error"] == "request_entity_too_large"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
async def test_a_body_that_is_no_json_object_is_refused(gateway: Running, content: bytes) -> None:
    answer = await gateway.client.post("repositories", content=content)

    assert answer.status_code == 400
    assert answer.json()["error"] == "bad_input"


async def test_nothing_is_answered_without_the_token(gateway: Running) -> None:
    for method, path in (("GET", "jobs"), ("GET", "openapi.json"), ("POST", "resolve")):
        answer = await gateway.client.request(method, path, headers={"Authorization": "Bearer wrong"})
        assert (answer.status_code, answer.json()["error"]) == (401, "unauthorized")


async def test_the_description_is_served_and_speaks_of_every_route(gateway: Running) -> None:
    described = await get(gateway, "openapi.json")

    assert described["openapi"] == "3.1.0"
    assert {"/jobs", "/jobs/{id}/cancel", "/resolve", "/sources/{name}/rotate"} <= set(described["paths"])


async def test_an_outage_of_the_queue_is_said_as_such(tmp_path: Path) -> None:
    with gateway_server.started_valkey() as url:
        async with gateway_server.running(tmp_path / "state", url) as gateway:
            queued = await gateway.dispatched(job())
            await gateway.redis.shutdown(nosave=True)

            answer = await post(gateway, f"jobs/{queued.id}/cancel", status=503)
            assert answer["error"] == "try_again"
            assert (await gateway.read(queued)).status is Status.QUEUED
            assert (await get(gateway, "jobs"))["jobs"][0]["id"] == queued.id
