from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ticket import Person
from webhooks.github import read_github
from webhooks.reading import BadRequest, Ignored, Intake

ACTIONS = ["opened", "edited", "labeled", "closed", "", 7, None]


def _payload(**changes: object) -> dict[str, Any]:
    """An `issues` payload in the shape GitHub sends, shortened to what surrounds the fields we use."""
    octocat = {"login": "octocat", "id": 583231, "node_id": "MDQ6VXNlcjU4MzIzMQ==", "type": "User", "site_admin": False}
    hubot = {"login": "hubot", "id": 480938, "type": "User"}
    return {
        "action": "opened",
        "issue": {
            "url": "https://api.github.com/repos/acme/payments/issues/7",
            "html_url": "https://github.com/acme/payments/issues/7",
            "id": 2_500_000_001,
            "number": 7,
            "title": "Refunds are rounded down",
            "user": hubot,
            "labels": [
                {"id": 1, "name": "jca", "color": "5319e7", "default": False, "description": None},
                {"id": 2, "name": "repo-payments", "color": "ededed", "default": False},
            ],
            "state": "open",
            "locked": False,
            "assignee": None,
            "comments": 0,
            "created_at": "2026-11-20T09:00:00Z",
            "author_association": "NONE",
            "body": "Expected 0.10\r\n\r\n[JCA]\r\nprovider=openai-compatible\r\n[/JCA]\r\n",
        },
        "repository": {"id": 35129377, "name": "payments", "full_name": "acme/payments", "private": True},
        "organization": {"login": "acme", "id": 9},
        "sender": octocat,
        "installation": {"id": 234, "node_id": "x"},
        **changes,
    }


def _labeled(name: str, **changes: object) -> dict[str, Any]:
    return _payload(action="labeled", label={"id": 1, "name": name, "color": "5319e7"}, **changes)


def _read(payload: object, event: str = "issues", managed_label: str = "jca") -> Intake | Ignored | BadRequest:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    return read_github("github", headers, body, managed_label)


def test_an_opened_issue_becomes_a_ticket() -> None:
    payload = _payload()

    intake = _read(payload)

    assert isinstance(intake, Intake)
    assert intake.envelope.event == "issues.opened"
    assert intake.envelope.delivery_key == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert intake.envelope.content_hash == hashlib.sha256(json.dumps(payload).encode()).hexdigest()
    assert intake.actor == Person(id="octocat")
    assert intake.ticket.model_dump() == {
        "source": "github",
        "key": "acme/payments#7",
        "title": "Refunds are rounded down",
        "body": "Expected 0.10\r\n\r\n[JCA]\r\nprovider=openai-compatible\r\n[/JCA]\r\n",
        "flavor": "markdown",
        "labels": ("jca", "repo-payments"),
        "url": "https://github.com/acme/payments/issues/7",
        "repository": "acme/payments",
        "author": {"id": "hubot", "name": "", "is_bot": False},
    }


def test_an_issue_without_text_or_author_is_still_a_ticket() -> None:
    issue = _payload()["issue"] | {"body": None, "user": None}

    intake = _read(_payload(issue=issue))

    assert isinstance(intake, Intake)
    assert intake.ticket.body == ""
    assert intake.ticket.author is None


@pytest.mark.parametrize("label", ["jca", "JCA", "model:gpt-5", "repo-payments", "repo:payments", "repo=payments"])
def test_adding_one_of_our_labels_starts_work(label: str) -> None:
    assert isinstance(_read(_labeled(label)), Intake)


@pytest.mark.parametrize("label", ["bug", "jca-later", "models", "model:", "repo-", "repository", ""])
def test_adding_another_label_starts_nothing_even_on_a_managed_issue(label: str) -> None:
    ignored = _read(_labeled(label))

    assert isinstance(ignored, Ignored)
    assert ignored.reason == f"label {label} does not start work"
    assert ignored.actor == Person(id="octocat")


def test_the_managed_label_is_the_one_that_is_configured() -> None:
    assert isinstance(_read(_labeled("robot"), managed_label="robot"), Intake)
    assert isinstance(_read(_labeled("jca"), managed_label="robot"), Ignored)


def test_what_a_bot_does_starts_nothing() -> None:
    ignored = _read(_payload(sender={"login": "jca-acme[bot]", "id": 1, "type": "Bot"}))

    assert isinstance(ignored, Ignored)
    assert ignored.reason == "the sender is a bot"


def test_a_closed_issue_starts_nothing() -> None:
    ignored = _read(_labeled("jca", issue=_payload()["issue"] | {"state": "closed"}))

    assert isinstance(ignored, Ignored)
    assert ignored.reason == "the issue is closed"


@pytest.mark.parametrize(
    ("event", "payload", "name", "reason"),
    [
        ("ping", {"zen": "Design for failure.", "hook_id": 1}, "ping", "ping"),
        ("issues", _payload(action="edited"), "issues.edited", "issues.edited does not start work"),
        ("issues", _payload(action="reopened"), "issues.reopened", "issues.reopened does not start work"),
        ("push", {"ref": "refs/heads/main"}, "push", "push does not start work"),
        (
            "repository_dispatch",
            {"action": "On Demand! " + "x" * 200},
            "repository_dispatch.On Demand! " + "x" * 97,
            "repository_dispatch.On Demand! " + "x" * 97 + " does not start work",
        ),
        (
            "projects_v2_item",
            {"action": "edited"},
            "projects_v2_item.edited",
            "projects_v2_item.edited does not start work",
        ),
        (
            "check_run",
            {"action": "completed", "sender": {"login": "o"}},
            "check_run.completed",
            "check_run.completed does not start work",
        ),
    ],
)
def test_every_other_event_is_ignored_by_name(event: str, payload: dict[str, Any], name: str, reason: str) -> None:
    ignored = _read(payload, event)

    assert isinstance(ignored, Ignored)
    assert (ignored.envelope.event, ignored.reason) == (name, reason)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"payload=%7B%7D", "the body is not JSON: expected value at line 1 column 1"),
        (b'"\xff"', "the body is not JSON: invalid unicode code point"),
        (b"[" * 100_000, "the body is not JSON: recursion limit exceeded"),
        ([1], "the body is not a JSON object"),
        (_payload(issue={}), "issue.number: Field required"),
        (_payload(sender=None), "sender: Input should be an object"),
        (_payload(repository={"full_name": "acme"}), "repository.full_name: String should match pattern"),
        (
            _payload(issue=_payload()["issue"] | {"html_url": "javascript:alert(1)"}),
            "issue.html_url: String should match pattern",
        ),
    ],
)
def test_what_cannot_be_read_is_named(payload: object, reason: str) -> None:
    bad = _read(payload)

    assert isinstance(bad, BadRequest)
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"X-GitHub-Delivery": "1"}, "the header X-GitHub-Event is missing or unreadable"),
        ({"X-GitHub-Event": "Is sues", "X-GitHub-Delivery": "1"}, "the header X-GitHub-Event is missing or unreadable"),
        ({"X-GitHub-Event": "issues"}, "the header X-GitHub-Delivery is missing"),
    ],
)
def test_missing_headers_are_named(headers: dict[str, str], reason: str) -> None:
    assert read_github("github", headers, json.dumps(_payload()).encode(), "jca") == BadRequest(reason)


def test_nul_never_reaches_a_ticket() -> None:
    intake = _read(_payload(issue=_payload()["issue"] | {"title": "a\0b", "body": "\0"}))

    assert isinstance(intake, Intake)
    assert (intake.ticket.title, intake.ticket.body) == ("a�b", "�")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["action", "issue", "label", "repository", "sender"]
ISSUE_FIELDS = ["number", "title", "html_url", "body", "state", "labels", "user"]


@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    issue=st.dictionaries(st.sampled_from(ISSUE_FIELDS), JSON, max_size=3),
    action=st.sampled_from(ACTIONS),
)
def test_a_payload_with_any_values_is_read_or_refused_never_an_error(
    changes: dict[str, Any],
    issue: dict[str, Any],
    action: object,
) -> None:
    payload = _payload(action=action, issue=_payload()["issue"] | issue) | changes

    reading = _read(payload)

    if isinstance(reading, Intake):
        assert len(reading.ticket.key) <= 256
        assert reading.ticket.fingerprint()
    else:
        assert reading.reason
        assert "\n" not in reading.reason or isinstance(reading, Ignored)


@given(body=st.binary(max_size=200), event=st.text(max_size=12) | st.just("issues"), delivery=st.text(max_size=12))
def test_any_bytes_and_headers_are_refused_or_ignored(body: bytes, event: str, delivery: str) -> None:
    reading = read_github("github", {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery}, body, "jca")

    assert isinstance(reading, Ignored | BadRequest)
