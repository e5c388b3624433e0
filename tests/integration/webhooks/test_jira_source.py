"""A Jira source through a running receiver: how it proves itself, and what it is answered."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from structlog.testing import capture_logs

from jobs import sources
from jobs.catalog import Source
from jobs.ledger import configuration as stored
from tests.integration.webhooks.senders import JIRA_SECRET, Running, StartReceiver, jira_issue, sign


async def _add_jira(receiver: Running) -> None:
    source = Source(name="jira", kind="jira", secrets=(SecretStr(JIRA_SECRET),), actors=("*",))
    await receiver.ledger.write(stored.put_source, sources.seal(source, receiver.vault))


@pytest.fixture
async def jira(start_receiver: StartReceiver) -> AsyncIterator[Running]:
    async with start_receiver(ledger_patience=0.3) as running:
        await _add_jira(running)
        yield running


async def test_a_signed_issue_becomes_a_job(jira: Running) -> None:
    reply = await jira.jira(jira_issue())

    assert reply.code == 202
    (job,) = await jira.jobs()
    assert (job.ticket.key, job.ticket.flavor, job.actor and job.actor.id) == ("PAY-412", "jira_wiki", "5b10")


async def test_automation_proves_itself_by_the_token_alone(jira: Running) -> None:
    payload = jira_issue("jca:automation")

    assert (await jira.jira(payload, headers={"X-JCA-Token": "a-guess-of-the-secret"})).code == 401
    assert (await jira.jira(payload, headers={})).code == 401
    assert (await jira.jira(payload, headers={"X-JCA-Token": JIRA_SECRET})).code == 202
    assert len(await jira.jobs()) == 1


async def test_a_retry_is_the_same_delivery_and_the_log_says_so(jira: Running) -> None:
    body = json.dumps(jira_issue()).encode()
    headers = {"X-Hub-Signature": sign(body, JIRA_SECRET), "X-Atlassian-Webhook-Identifier": "9b1d"}
    first = await jira.post("jira", body, headers)
    with capture_logs() as logs:
        again = await jira.post("jira", body, headers | {"X-Atlassian-Webhook-Retry": "2"})

    assert (first.code, again.code, again.content["job"]) == (202, 200, first.content["job"])
    assert [line.get("retry") for line in logs] == ["2"]


async def test_what_cannot_be_recorded_is_answered_503_so_that_jira_retries(jira: Running) -> None:
    assert await jira.jobs() == []
    other = sqlite3.connect(jira.file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    refused = await jira.jira(jira_issue())
    other.rollback()
    other.close()

    assert (refused.code, (await jira.jira(jira_issue())).code) == (503, 202)


async def test_a_comment_told_twice_is_one_command(jira: Running) -> None:
    said = {"comment": {"id": "31", "body": "/jca cancel", "author": {"accountId": "5b10"}}}
    first = await jira.jira(jira_issue("comment_created") | said)
    second = await jira.jira(jira_issue("jira:issue_updated") | said | {"issue_event_type_name": "issue_commented"})

    assert (first.content, second.content["reason"]) == (
        {"status": "accepted", "command": "cancel"},
        "command_repeated",
    )
    assert [command.ticket_key for command in await jira.commands()] == ["PAY-412"]
