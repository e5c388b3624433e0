"""Every payload GitHub's own client library keeps as an example, through a running receiver."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any
from urllib.parse import quote_plus

import pytest

from jobs.reasons import Code
from tests.integration.webhooks.senders import GITHUB_SECRET, Running, sign
from tests.support import npm
from webhooks.reading import Why

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600)]

PACKAGE = "@octokit/webhooks-examples"
VERSION = "7.6.1"

ACTS = ("opened", "edited", "labeled", "assigned", "reopened")

Example = tuple[str, dict[str, Any]]


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    """Event name and payload of every example, of github.com and of each Enterprise Server."""
    events = [
        event
        for file in sorted(npm.package(PACKAGE, VERSION).glob("*/index.json"))
        for event in json.loads(file.read_bytes())
    ]
    return [(event["name"], payload) for event in events for payload in event["examples"]]


async def test_every_example_is_understood(receiver: Running, examples: list[Example]) -> None:
    replies = [
        await receiver.github(payload, event=event, delivery=f"d-{number}")
        for number, (event, payload) in enumerate(examples)
    ]

    assert len(replies) > 329
    assert Counter(reply.code for reply in replies) == {200: len(replies)}
    reasons = Counter(reply.content["reason"] for reply in replies)
    assert set(reasons) <= {*Why, Code.MANAGED_LABEL_MISSING}
    assert reasons[Code.MANAGED_LABEL_MISSING] >= len(ACTS)


async def test_every_example_is_understood_as_a_form_too(receiver: Running, examples: list[Example]) -> None:
    replies = []
    for number, (event, payload) in enumerate(examples):
        body = b"payload=" + quote_plus(json.dumps(payload)).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": f"d-{number}",
            "X-Hub-Signature-256": sign(body, GITHUB_SECRET),
        }
        replies.append(await receiver.post("github", body, headers))

    assert Counter(reply.code for reply in replies) == {200: len(replies)}


@pytest.mark.parametrize("action", ACTS)
async def test_each_act_on_a_marked_issue_becomes_a_job_of_its_trigger(
    receiver: Running, examples: list[Example], action: str
) -> None:
    found = [
        payload
        for event, payload in examples
        if (event, payload.get("action")) == ("issues", action) and payload["sender"]["type"] == "User"
    ]
    for number, payload in enumerate(found):
        label = {"name": "jca"}
        marked = payload["issue"] | {"labels": [label], "number": 1000 + number, "state": "open"}
        reply = await receiver.github(payload | {"issue": marked, "label": label}, delivery=f"d-{number}")
        assert reply.code == 202

    assert found


async def test_every_opened_issue_becomes_a_job_where_a_block_asks_for_it(
    receiver: Running,
    examples: list[Example],
) -> None:
    opened = [
        payload
        for event, payload in examples
        if (event, payload.get("action")) == ("issues", "opened") and payload["sender"]["type"] == "User"
    ]
    for number, payload in enumerate(opened):
        asking = payload["issue"] | {"body": "[JCA]\nwork_repos=payments\n[/JCA]", "number": 1000 + number}
        reply = await receiver.github(payload | {"issue": asking}, delivery=f"d-{number}")
        assert reply.code == 202

    jobs = await receiver.jobs()
    assert len(jobs) == len(opened) >= 4
    assert all(job.ticket.repository and job.ticket.url and job.ticket.title for job in jobs)
