"""What people do to a ticket besides opening it: comment, edit, assign; and all of it told several times."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from urllib.parse import quote_plus

import pytest

from jobs.job import Status, advance
from jobs.ledger import commands, records
from jobs.reasons import Code, because
from tests.integration.webhooks.senders import GITHUB_SECRET, Running, comment, issue, sign

OTHER = "Expected 0.12\n\n[JCA]\nwork_repos=payments\n[/JCA]\n"


async def _end(receiver: Running, job_id: str, status: Status) -> None:
    job = await receiver.ledger.read(records.get, job_id)
    way = [Status.QUEUED, Status.RUNNING, Status.PUBLISHING, status] if status is Status.SUCCEEDED else [status]
    for step in way:
        job = advance(job, step, because(Code.VALIDATED, "It was done.") if step is status else None)
        job = await receiver.ledger.write(records.save, job, who="test")


async def test_a_command_is_recorded_for_triage_before_it_is_accepted(receiver: Running) -> None:
    reply = await receiver.github(comment("/jca continue round up"), event="issue_comment")

    assert (reply.code, reply.content) == (202, {"status": "accepted", "command": "continue"})
    (command,) = await receiver.commands()
    assert (command.source, command.ticket_key, command.kind) == ("github", "acme/payments#7", "continue")
    assert (command.words, command.actor.id, command.comment_id) == ("round up", "octocat", "31")
    assert (await receiver.received(), receiver.rings) == ([("accepted", "")], ["ring"])
    assert await receiver.jobs() == []


async def test_one_comment_is_one_command_however_many_hooks_tell_of_it(receiver: Running) -> None:
    hooks = [comment(), comment(organization={"login": "acme"}), comment(installation={"id": 1})]

    replies = await asyncio.gather(
        *(receiver.github(told, event="issue_comment", delivery=f"d-{n}") for n, told in enumerate(hooks))
    )
    repeated = await receiver.github(hooks[0], event="issue_comment", delivery="d-0")

    assert Counter(reply.code for reply in replies) == {202: 1, 200: 2}
    assert {reply.content.get("reason", "") for reply in replies} == {"", "command_repeated"}
    assert repeated.content == {"status": "duplicate", "reason": "delivery_repeated"}
    assert len(await receiver.commands()) == 1


async def test_a_settled_command_waits_no_longer_and_does_not_come_back(receiver: Running) -> None:
    await receiver.github(comment(), event="issue_comment")
    (command,) = await receiver.commands()

    assert await receiver.ledger.write(commands.settle, command.id, "The job waits again.")
    assert not await receiver.ledger.write(commands.settle, command.id, "Twice.")
    await receiver.github(comment(), event="issue_comment", delivery="d-2")
    assert await receiver.commands() == []


async def test_a_misspelt_command_is_recorded_once_to_be_answered_on_the_ticket(receiver: Running) -> None:
    first = await receiver.github(comment("/jca retri"), event="issue_comment")
    again = await receiver.github(comment("/jca retri"), event="issue_comment", delivery="d-2")

    assert (first.code, first.content["command"]) == (202, "unclear")
    assert again.content["reason"] == "command_repeated"
    (command,) = await receiver.commands()
    assert command.words.endswith("Did you mean /jca retry?")


async def test_a_text_changed_under_a_job_is_told_to_triage_once(receiver: Running) -> None:
    opened = await receiver.github(issue())
    same = await receiver.github(issue("edited"), delivery="d-2")
    edited = await receiver.github(issue("edited", body=OTHER), delivery="d-3")
    again = await receiver.github(issue("edited", body=OTHER), delivery="d-4")

    assert same.content["reason"] == "job_unfinished"
    assert (edited.code, edited.content["command"]) == (202, "edited")
    assert again.content["reason"] == "edit_repeated"
    (command,) = await receiver.commands()
    assert command.kind == "edited"
    assert command.ticket
    assert command.ticket.body == OTHER
    assert [job.id for job in await receiver.jobs()] == [opened.content["job"]]


async def test_an_edit_that_takes_the_request_back_still_reaches_the_job(receiver: Running) -> None:
    await receiver.github(issue())

    taken_back = await receiver.github(issue("edited", labels=(), body="Never mind."), delivery="d-2")

    assert taken_back.content["command"] == "edited"


@pytest.mark.parametrize("action", ["edited", "assigned"])
async def test_an_afterthought_starts_work_unless_the_ticket_is_done(receiver: Running, action: str) -> None:
    first = await receiver.github(issue(action))
    await _end(receiver, first.content["job"], Status.DENIED)
    second = await receiver.github(issue(action, body=OTHER), delivery="d-2")
    await _end(receiver, second.content["job"], Status.SUCCEEDED)
    third = await receiver.github(issue(action, body=OTHER + "- [x] done"), delivery="d-3")

    assert (first.code, second.code) == (202, 202)
    assert third.content == {"status": "duplicate", "reason": "job_succeeded", "job": second.content["job"]}
    assert (await receiver.github(issue("reopened", body=OTHER + "Not quite."), delivery="d-4")).code == 202


async def test_hooks_of_repository_organization_and_app_make_one_job(receiver: Running) -> None:
    hooks = [issue(), issue() | {"organization": {"login": "acme"}}, issue() | {"installation": {"id": 1}}]

    replies = await asyncio.gather(*(receiver.github(told, delivery=f"d-{n}") for n, told in enumerate(hooks)))

    assert Counter(reply.code for reply in replies) == {202: 1, 200: 2}
    assert len(await receiver.jobs()) == 1


async def test_a_form_is_verified_as_it_was_sent_and_read_like_json(receiver: Running) -> None:
    body = b"payload=" + quote_plus(json.dumps(issue())).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "d",
    }

    accepted = await receiver.post("github", body, headers | {"X-Hub-Signature-256": sign(body, GITHUB_SECRET)})
    forged = await receiver.post(
        "github", body, headers | {"X-Hub-Signature-256": sign(json.dumps(issue()).encode(), GITHUB_SECRET)}
    )
    elsewhere = await receiver.post("local", body, headers)

    assert (accepted.code, forged.code, elsewhere.code) == (202, 401, 415)
