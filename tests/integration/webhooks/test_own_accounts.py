"""What our own account did at a tracker starts nothing, once the gateway has learnt which one that is."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from jobs import sources
from jobs.catalog import Source
from jobs.ledger import configuration
from jobs.sources import OwnAccounts
from tests.integration.webhooks.senders import (
    GITHUB_SECRET,
    JIRA_SECRET,
    Running,
    StartReceiver,
    comment,
    issue,
    jira_issue,
)

CLOUD = OwnAccounts(name="jira", ids=("557058:jca",))
DATA_CENTER = OwnAccounts(name="jira", ids=("jca-bot", "JIRAUSER10100"))
APP = OwnAccounts(name="github", ids=("acme-jca[bot]",))


async def _add(receiver: Running, kind: str, secret: str, learnt: OwnAccounts) -> None:
    source = Source.model_validate({"name": kind, "kind": kind, "secrets": (SecretStr(secret),), "actors": ("*",)})
    await receiver.ledger.write(configuration.put_source, sources.seal(source, receiver.vault))
    await receiver.ledger.write(configuration.put_accounts, learnt)


@pytest.mark.parametrize(
    ("learnt", "ours", "theirs"),
    [
        (CLOUD, {"accountId": "557058:jca"}, {"accountId": "5b10"}),
        (DATA_CENTER, {"name": "jca-bot", "key": "JIRAUSER10100"}, {"name": "ann", "key": "JIRAUSER10200"}),
        (DATA_CENTER, {"key": "JIRAUSER10100"}, {"key": "JIRAUSER10200"}),
    ],
)
async def test_what_our_account_does_in_jira_is_ignored(
    start_receiver: StartReceiver, learnt: OwnAccounts, ours: dict[str, str], theirs: dict[str, str]
) -> None:
    async with start_receiver() as receiver:
        await _add(receiver, "jira", JIRA_SECRET, learnt)
        said = {"comment": {"id": "31", "body": "/jca retry", "author": ours}}
        own = [
            await receiver.jira(jira_issue() | {"user": ours}),
            await receiver.jira(jira_issue("comment_created") | {"user": ours} | said),
        ]
        other = await receiver.jira(jira_issue() | {"user": theirs})

        assert [reply.content["reason"] for reply in own] == ["own_account", "own_account"]
        assert await receiver.commands() == []
        assert (other.code, len(await receiver.jobs())) == (202, 1)


async def test_an_issue_assigned_to_our_account_of_a_data_center_starts_work(start_receiver: StartReceiver) -> None:
    change = {"changelog": {"items": [{"field": "assignee", "from": None, "to": "JIRAUSER10100"}]}}
    async with start_receiver() as receiver:
        await _add(receiver, "jira", JIRA_SECRET, DATA_CENTER)
        reply = await receiver.jira(jira_issue("jira:issue_updated") | change)

        assert reply.code == 202


@pytest.mark.parametrize(
    ("event", "payload", "reason"),
    [
        ("issues", issue("labeled"), "own_account"),
        ("issue_comment", comment("/jca retry"), "own_account"),
        ("issue_comment", comment("<!-- jca:job -->\nDone."), "own_comment"),
    ],
)
async def test_what_our_app_does_on_github_is_ignored_as_our_own(
    start_receiver: StartReceiver, event: str, payload: dict[str, Any], reason: str
) -> None:
    sender = {"sender": {"login": "acme-jca[bot]", "type": "Bot"}}
    async with start_receiver() as receiver:
        await _add(receiver, "github", GITHUB_SECRET, APP)
        reply = await receiver.github(payload | sender, event=event)

        assert reply.content["reason"] == reason
        assert await receiver.jobs() == []


async def test_another_program_on_github_is_no_account_of_ours(start_receiver: StartReceiver) -> None:
    sender = {"sender": {"login": "dependabot[bot]", "type": "Bot"}}
    async with start_receiver() as receiver:
        await _add(receiver, "github", GITHUB_SECRET, APP)
        reply = await receiver.github(issue("labeled") | sender)

        assert reply.content["reason"] == "bot_author"
