"""Every payload GitHub's own client library keeps as an example, through a running receiver."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.integration.webhooks.senders import Running
from tests.support import npm

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600)]

PACKAGE = "@octokit/webhooks-examples"
VERSION = "7.6.1"

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
