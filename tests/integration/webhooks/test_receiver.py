"""Every answer of the receiver, and what is in the ledger after it."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from jobs import errors, sources
from jobs.catalog import Source, Workspace
from jobs.job import Status, advance
from jobs.ledger import configuration as stored
from jobs.ledger import deliveries, records
from jobs.reasons import Code, because
from tests.integration.webhooks.senders import (
    GITHUB_SECRET,
    LOCAL_SECRET,
    Running,
    StartReceiver,
    issue,
    sign,
    ticket,
)
from webhooks import configuration
from webhooks.limits import Limits

DOCUMENT = Path(__file__).parents[3] / "docs" / "local-webhook.md"
MIB = 1024 * 1024


@contextmanager
def _another_writer(file: Path) -> Iterator[None]:
    """Somebody who holds the write lock of the ledger."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.rollback()
        connection.close()


async def _raw(receiver: Running, *pieces: bytes, hang_up: bool = False) -> bytes:
    """What the receiver answers to these very bytes, sent one piece after the other."""
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.05)
    answer = b"" if hang_up else await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()
    return answer


async def _finish(receiver: Running, job_id: str) -> None:
    job = await receiver.ledger.read(records.get, job_id)
    denied = advance(job, Status.DENIED, because(Code.ROUTING_MISSING, "It names no repository."))
    await receiver.ledger.write(records.save, denied, who="triage")


async def test_an_issue_is_recorded_as_a_job_before_it_is_accepted(receiver: Running) -> None:
    reply = await receiver.github(issue())

    assert reply.code == 202
    (job,) = await receiver.jobs()
    assert reply.content == {"status": "accepted", "job": job.id}
    assert (job.status, job.ticket.key, job.ticket.source) == (Status.RECEIVED, "acme/payments#7", "github")
    assert job.actor
    assert job.actor.id == "octocat"
    assert await receiver.received() == [("accepted", "")]
    (first,) = await receiver.ledger.read(records.history, job.id)
    assert (first.status, first.who, first.why) == (Status.RECEIVED, "webhooks", "issues.opened by octocat")


async def test_a_ticket_in_our_own_format_is_recorded_as_a_job(receiver: Running) -> None:
    reply = await receiver.local(ticket(labels=["model:gpt-5"]))

    assert reply.code == 202
    (job,) = await receiver.jobs()
    assert (job.id, job.ticket.key, job.ticket.labels) == (reply.content["job"], "OPS-1", ("model:gpt-5",))


async def test_of_300_equal_deliveries_at_once_one_makes_a_job(start_receiver: StartReceiver) -> None:
    async with start_receiver(limits=Limits(patience=60)) as receiver:
        replies = await asyncio.gather(*(receiver.github(issue()) for _ in range(300)))

        assert Counter(reply.code for reply in replies) == {202: 1, 200: 299}
        (job,) = await receiver.jobs()
        assert {reply.content["job"] for reply in replies} == {job.id}
        assert {reply.content.get("reason") for reply in replies if reply.code == 200} == {"delivery_repeated"}
        assert await receiver.received() == [("accepted", "")]


async def test_opening_an_issue_with_labels_makes_one_job_of_its_many_deliveries(receiver: Running) -> None:
    labels = ("repo-payments", "model:gpt-5", "jca")
    acts = [issue(labels=labels), *(issue("labeled", labels=labels[i:] + labels[:i]) for i in range(1, 4))]

    replies = await asyncio.gather(*(receiver.github(act, delivery=f"d-{n}") for n, act in enumerate(acts)))

    assert Counter(reply.code for reply in replies) == {202: 1, 200: 3}
    assert len(await receiver.jobs()) == 1
    assert sorted(await receiver.received()) == [("accepted", ""), *[("duplicate", "job_unfinished")] * 3]


async def test_the_same_text_makes_no_second_job_right_after_the_first_ended(receiver: Running) -> None:
    first = await receiver.github(issue())
    await _finish(receiver, first.content["job"])

    again = await receiver.github(issue("labeled"), delivery="d-2")
    changed = await receiver.github(issue("labeled", labels=("jca", "repo-payments")), delivery="d-3")

    assert again.content == {"status": "duplicate", "reason": "ticket_unchanged", "job": first.content["job"]}
    assert changed.code == 202
    assert len(await receiver.jobs()) == 2


async def test_an_equal_identifier_with_another_body_is_another_delivery(receiver: Running) -> None:
    assert (await receiver.local(ticket(key="OPS-1"))).code == 202
    assert (await receiver.local(ticket(key="OPS-2"))).code == 202


async def test_every_body_is_kept_as_it_was_received_unless_it_is_large(receiver: Running) -> None:
    bodies = [ticket(key="OPS-1"), ticket(key="OPS-2", body="No block."), ticket(key="OPS-3", body="x" * 65_536)]
    for number, payload in enumerate(bodies):
        await receiver.local(payload, delivery=f"d-{number}")

    large, *small = await receiver.ledger.read(deliveries.recent)
    kept = [(await receiver.ledger.read(deliveries.stored, delivery.id)).body for delivery in reversed(small)]
    assert kept == [json.dumps(payload).encode() for payload in bodies[:2]]
    with pytest.raises(errors.Conflict):
        await receiver.ledger.read(deliveries.stored, large.id)


async def test_what_starts_nothing_is_recorded_with_its_reason_and_stays_so(receiver: Running) -> None:
    plain = issue(labels=(), body="Please look at this.")

    assert (await receiver.github(plain)).content == {"status": "ignored", "reason": "managed_label_missing"}
    assert (await receiver.github(plain)).content == {"status": "duplicate", "reason": "delivery_repeated"}
    assert (await receiver.github({"zen": "Design for failure."}, event="ping")).content["reason"] == "ping"
    labeled = await receiver.github(issue("labeled", labels=("jca", "bug")))

    assert (labeled.code, labeled.content["reason"]) == (200, "label_not_ours")
    assert labeled.content["detail"] == "label bug does not start work"
    assert await receiver.jobs() == []
    assert receiver.rings == []
    assert await receiver.received() == [
        ("ignored", "managed_label_missing"),
        ("ignored", "ping"),
        ("ignored", "label_not_ours: label bug does not start work"),
    ]


async def test_a_block_is_not_enough_where_the_label_is_required(start_receiver: StartReceiver) -> None:
    async with start_receiver(workspace=Workspace(require_label=True, managed_label="robot")) as receiver:
        assert (await receiver.github(issue())).content["reason"] == "managed_label_missing"
        assert (await receiver.github(issue("labeled", labels=("robot",)))).code == 202


async def test_a_block_with_a_mistake_is_accepted_so_that_triage_can_answer_it(receiver: Running) -> None:
    assert (await receiver.local(ticket(body="[JCA]\nmodle=gpt-5\n[/JCA]"))).code == 202


async def test_a_long_ticket_is_accepted_unread(receiver: Running) -> None:
    reply = await receiver.local(ticket(body="words " * 11_000 + "\n[JCA]\nwork_repos=ops\n[/JCA]"))

    assert reply.code == 202
    (job,) = await receiver.jobs()
    assert job.ticket.body.endswith("[/JCA]")
    assert (await receiver.local(ticket(key="OPS-2", body="words " * 11_000))).code == 200


async def test_an_unknown_source_does_not_exist_whatever_is_sent(receiver: Running) -> None:
    assert (await receiver.github(issue(), source="linear")).code == 404
    assert (await receiver.post("linear", b"x" * 10, {"Content-Type": "text/plain"})).code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_another_content_type_is_told_what_to_change(receiver: Running, headers: dict[str, str]) -> None:
    body = gzip.compress(json.dumps(issue()).encode())

    reply = await receiver.post("github", body, headers | {"X-Hub-Signature-256": sign(body, GITHUB_SECRET)})

    assert reply.code == 415
    assert '"Content type" to application/json' in reply.content["reason"]


async def test_a_forged_delivery_learns_nothing_and_leaves_nothing(receiver: Running) -> None:
    body = json.dumps(issue()).encode()
    forgeries = [
        await receiver.github(issue(), secret="a-guess-of-the-secret"),
        await receiver.github(issue(), secret=LOCAL_SECRET),
        await receiver.github(b"not json", secret=""),
        await receiver.post("github", body, {}),
        await receiver.post("github", body + b" ", {"X-Hub-Signature-256": sign(body, GITHUB_SECRET)}),
        await receiver.post("local", body, {"X-Hub-Signature-256": sign(body, LOCAL_SECRET)}),
    ]

    assert [reply.code for reply in forgeries] == [401] * 6
    assert len({json.dumps(reply.content) for reply in forgeries}) == 1
    assert await receiver.received() == []


async def test_each_secret_of_a_source_verifies_and_a_source_is_known_without_a_restart(
    receiver: Running,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "FRESH", 0.05)
    old, new = "the-old-secret-of-acme", "the-new-secret-of-acme"
    assert (await receiver.github(issue(), source="acme", secret=old)).code == 404

    for secrets in [(old,), (new, old), (new,)]:
        source = Source(name="acme", kind="github", secrets=tuple(map(SecretStr, secrets)))
        await receiver.ledger.write(stored.put_source, sources.seal(source, receiver.vault))
        await asyncio.sleep(0.1)
        codes = [(await receiver.github({}, event="ping", source="acme", secret=s)).code for s in (old, new)]
        assert codes == [200 if old in secrets else 401, 200 if new in secrets else 401]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"payload=%7B%7D", b"\xff\xfe", b"[" * 10_000])
async def test_a_signed_body_that_is_no_json_object_is_a_bad_request(receiver: Running, body: bytes) -> None:
    reply = await receiver.github(body)

    assert reply.code == 400
    assert reply.content["status"] == "error"


async def test_a_mistake_in_our_own_format_is_named(receiver: Running) -> None:
    reply = await receiver.local(ticket() | {"priority": "high"})

    assert (reply.code, reply.content["reason"]) == (400, "unknown field priority")


@pytest.mark.parametrize("size", [2 * MIB + 1, 3 * MIB])
async def test_a_body_over_the_limit_is_refused(receiver: Running, size: int) -> None:
    reply = await receiver.github(b" " * size)

    assert (reply.code, reply.content["status"]) == (413, "error")
    assert (await receiver.github(b" " * 2 * MIB)).code == 400


async def test_a_body_over_the_limit_is_refused_unread_by_its_announced_length(receiver: Running) -> None:
    announced = (
        b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    )

    assert await _raw(receiver, announced % (3 * MIB)) == b"HTTP/1.1 413 Request Entity Too Large\r\n"


async def test_a_chunked_body_over_the_limit_is_refused(receiver: Running) -> None:
    head = (
        b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n"
    )
    chunk = b"%x\r\n%b\r\n" % (MIB, b" " * MIB)

    assert await _raw(receiver, head + chunk * 3) == b"HTTP/1.1 413 Request Entity Too Large\r\n"


async def test_a_sender_that_waits_to_be_asked_for_the_body_is_asked_once_it_may_send_it(receiver: Running) -> None:
    body = json.dumps(issue()).encode()
    proof = f"X-GitHub-Event: issues\r\nX-GitHub-Delivery: d\r\nX-Hub-Signature-256: {sign(body, GITHUB_SECRET)}\r\n"
    head = "POST /webhooks/{} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n"

    refused = await _raw(receiver, f"{head}Content-Length: 9\r\n\r\n".format("linear").encode())
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(f"{head}{proof}Content-Length: {len(body)}\r\n\r\n".format("github").encode())
    asked = await reader.readuntil(b"\r\n\r\n")
    writer.write(body)
    answered = await reader.readuntil(b"\r\n")
    writer.close()
    await writer.wait_closed()

    assert refused == b"HTTP/1.1 404 Not Found\r\n"
    assert (asked, answered) == (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 202 Accepted\r\n")


async def test_a_body_that_does_not_arrive_ends_in_time_and_holds_nobody_up(start_receiver: StartReceiver) -> None:
    slow = b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"
    async with start_receiver(limits=Limits(reading=0.5, working=1)) as receiver:
        waiting = [asyncio.create_task(_raw(receiver, slow)) for _ in range(20)]
        await asyncio.sleep(0.1)

        assert (await receiver.github(issue())).code == 202
        assert set(await asyncio.gather(*waiting)) == {b"HTTP/1.1 408 Request Timeout\r\n"}
        with capture_logs() as logs:
            await _raw(receiver, slow, hang_up=True)
            await asyncio.sleep(0.3)
        assert [(line["event"], line["http"]) for line in logs] == [("delivery", 400)]


async def test_a_ledger_that_does_not_take_it_means_503_and_nothing_half_recorded(
    start_receiver: StartReceiver,
    ledger_file: Path,
) -> None:
    async with start_receiver(limits=Limits(patience=0.1), ledger_patience=0.3) as receiver:
        assert await receiver.jobs() == []
        with _another_writer(ledger_file):
            replies = await asyncio.gather(*(receiver.github(issue(), delivery=f"d-{n}") for n in range(20)))
            ignored = await receiver.github({}, event="ping")

        assert {reply.code for reply in [*replies, ignored]} == {503}
        assert replies[0].headers["Retry-After"] == "5"
        assert replies[0].content["status"] == "error"
        assert (await receiver.jobs(), await receiver.received(), receiver.rings) == ([], [], [])
        assert (await receiver.github(issue(), delivery="d-0")).code == 202


async def test_beyond_its_limit_of_work_the_receiver_asks_to_come_again(
    start_receiver: StartReceiver,
    ledger_file: Path,
) -> None:
    async with start_receiver(limits=Limits(working=1, patience=0.05)) as receiver:
        assert await receiver.jobs() == []
        with _another_writer(ledger_file):
            first = asyncio.create_task(receiver.github(issue()))
            await asyncio.sleep(0.2)
            refused = await asyncio.gather(*(receiver.github(issue(), delivery=f"d-{n}") for n in range(2, 9)))

        assert {(reply.code, reply.headers["Retry-After"]) for reply in refused} == {(503, "5")}
        assert (await first).code == 202


async def test_the_sender_never_waits_for_the_bell(start_receiver: StartReceiver) -> None:
    async with start_receiver(before_ring=asyncio.Event()) as receiver, asyncio.timeout(30):
        for number in range(3):
            assert (await receiver.local(ticket(key=f"OPS-{number}"))).code == 202
        assert receiver.rings == ["ring"]


async def test_the_log_has_one_line_for_each_delivery_without_content_or_secret(receiver: Running) -> None:
    with capture_logs() as logs:
        accepted = await receiver.github(issue(title="A private matter"))
        await receiver.github(issue(), secret="a-guess-of-the-secret")

    first, second = logs
    known = {"source": "github", "delivery": "d-1", "status": "accepted", "http": 202}
    assert {name: first[name] for name in known} == known
    assert first["job"] == accepted.content["job"]
    assert (second["http"], second["forged"]) == (401, "signature_mismatch")
    assert not re.search("private matter|secret-of|a-guess|sha256=", str(logs))


async def test_every_answer_is_json_and_names_no_software(receiver: Running) -> None:
    healthy = await receiver.client.get(f"{receiver.url}/healthz")
    strange = [await receiver.client.get(f"{receiver.url}/{path}") for path in ("", "webhooks/github", "a/b/c")]

    assert (healthy.status, await healthy.json()) == (200, {"status": "ok"})
    assert [answer.status for answer in strange] == [404, 405, 404]
    assert [(await answer.json())["status"] for answer in strange] == ["error"] * 3
    assert strange[1].headers["Allow"] == "POST"
    assert [name for answer in [healthy, *strange] for name in answer.headers if name == "Server"] == []


async def test_while_sources_cannot_be_looked_up_nothing_is_believed(
    start_receiver: StartReceiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(configuration, "FRESH", 0)
    file = tmp_path / "jca.yaml"
    async with start_receiver(config_file=file) as receiver:
        for content, expected in [("", 200), ("sources: [what is this\n", 503), ("repositories: []\n", 200)]:
            file.write_text(content)
            healthy = await receiver.client.get(f"{receiver.url}/healthz")
            ping = await receiver.github({}, event="ping")
            assert (healthy.status, ping.code) == (expected, expected)


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl and openssl are not installed")
async def test_the_example_in_the_documentation_works_as_it_stands(receiver: Running) -> None:
    (example,) = re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    environment = {
        "PATH": os.environ["PATH"],
        "JCA_WEBHOOK_URL": receiver.url,
        "JCA_LOCAL_WEBHOOK_SECRET": LOCAL_SECRET,
    }

    shell = await asyncio.create_subprocess_exec(
        "bash", "-ec", example, stdout=asyncio.subprocess.PIPE, env=environment
    )
    answer, _ = await shell.communicate()

    (job,) = await receiver.jobs()
    assert json.loads(answer) == {"status": "accepted", "job": job.id}
    assert "work_repos=payments" in job.ticket.body
