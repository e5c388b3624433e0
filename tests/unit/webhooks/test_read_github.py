from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ticket import Person
from webhooks.github import read_github
from webhooks.reading import BadRequest, Command, Ignored, Intake

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
            "assignee": hubot,
            "assignees": [hubot],
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


def _comment(body: str = "/jca retry", **changes: object) -> dict[str, Any]:
    url = "https://github.com/acme/payments/issues/7#issuecomment-31"
    return (
        _payload(action="created", comment={"id": 31, "body": body, "html_url": url, "user": {"login": "o"}}) | changes
    )


def _read(
    payload: object, event: str = "issues", managed_label: str = "jca"
) -> Intake | Command | Ignored | BadRequest:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958"}
    return read_github("github", headers, body, managed_label)


def test_an_opened_issue_becomes_a_ticket() -> None:
    payload = _payload()

    intake = _read(payload)

    assert isinstance(intake, Intake)
    assert intake.envelope.event == "issues.opened"
    assert intake.envelope.delivery_key == "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert intake.envelope.ticket_key == intake.ticket.key
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
        "assignees": ({"id": "hubot", "name": "", "is_bot": False},),
        "state": "open",
    }
    assert intake.trigger == "opened"


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
    assert (ignored.reason, ignored.detail) == ("label_not_ours", f"label {label} does not start work")
    assert ignored.actor == Person(id="octocat")


def test_the_managed_label_is_the_one_that_is_configured() -> None:
    assert isinstance(_read(_labeled("robot"), managed_label="robot"), Intake)
    assert isinstance(_read(_labeled("jca"), managed_label="robot"), Ignored)


def test_what_a_bot_does_starts_nothing() -> None:
    by_login = _payload(sender={"login": "jca-acme[bot]", "id": 1, "type": "User"})
    by_type = _payload(sender={"login": "robot", "id": 1, "type": "Bot"})
    by_app = _payload(issue=_payload()["issue"] | {"performed_via_github_app": {"slug": "some-app"}})

    for payload in (by_login, by_type, by_app):
        ignored = _read(payload)
        assert isinstance(ignored, Ignored)
        assert ignored.reason == "bot_author"


def test_a_closed_issue_starts_nothing() -> None:
    ignored = _read(_labeled("jca", issue=_payload()["issue"] | {"state": "closed"}))

    assert isinstance(ignored, Ignored)
    assert ignored.reason == "ticket_closed"


@pytest.mark.parametrize("action", ["opened", "edited", "assigned", "reopened"])
def test_an_act_on_an_issue_is_told_as_what_it_was(action: str) -> None:
    intake = _read(_payload(action=action))

    assert isinstance(intake, Intake)
    assert intake.trigger == action


def _pull_request(head: object) -> dict[str, Any]:
    base = {"ref": "main", "repo": {"full_name": "acme/payments"}}
    return {"action": "opened", "pull_request": {"head": head, "base": base}, "sender": {"login": "octocat"}}


OURS = {"ref": "jca/1", "repo": {"full_name": "Acme/payments"}}
REVIEW = {"action": "submitted", "review": {"user": {"login": "o"}, "performed_via_github_app": {"slug": "x"}}}


@pytest.mark.parametrize(
    ("event", "payload", "name", "reason"),
    [
        ("ping", {"zen": "Design for failure.", "hook_id": 1}, "ping", "ping"),
        ("issues", _payload(action="milestoned"), "issues.milestoned", "action_not_handled"),
        ("push", {"ref": "refs/heads/main"}, "push", "action_not_handled"),
        ("issue_comment", _comment(action="edited"), "issue_comment.edited", "action_not_handled"),
        ("pull_request", _pull_request(OURS), "pull_request.opened", "not_supported_yet"),
        ("pull_request", _pull_request({"repo": {"full_name": "eve/payments"}}), "pull_request.opened", "fork"),
        ("pull_request", _pull_request({"repo": None}), "pull_request.opened", "fork"),
        ("pull_request_review", REVIEW, "pull_request_review.submitted", "bot_author"),
        ("check_run", {"action": "completed"}, "check_run.completed", "not_supported_yet"),
        ("installation", {"action": "created"}, "installation.created", "not_supported_yet"),
        (
            "repository_dispatch",
            {"action": "On Demand! " + "x" * 200},
            "repository_dispatch.On Demand! " + "x" * 97,
            "action_not_handled",
        ),
        ("projects_v2_item", {"action": "edited"}, "projects_v2_item.edited", "action_not_handled"),
    ],
)
def test_every_other_event_is_ignored_by_name(event: str, payload: dict[str, Any], name: str, reason: str) -> None:
    ignored = _read(payload, event)

    assert isinstance(ignored, Ignored)
    assert (ignored.envelope.event, ignored.reason) == (name, reason)


def test_a_command_in_a_comment_is_read_with_what_it_is_bound_to() -> None:
    command = _read(_comment("Thanks.\r\n\r\n/jca continue with the tax\r\nand round up"), "issue_comment")

    assert isinstance(command, Command)
    assert (command.envelope.ticket_key, command.comment_id, command.actor) == (
        "acme/payments#7",
        "31",
        Person(id="octocat"),
    )
    assert (command.asked.verb, command.asked.words) == ("continue", "with the tax\nand round up")
    assert command.comment_url == "https://github.com/acme/payments/issues/7#issuecomment-31"
    assert len(command.comment_hash) == 64


@pytest.mark.parametrize(
    ("body", "changes", "reason"),
    [
        ("I agree.", {}, "no_command"),
        ("> /jca retry", {}, "no_command"),
        ("```\n/jca retry\n```", {}, "no_command"),
        ("<!-- jca:job:01 -->\n/jca retry", {}, "own_comment"),
        ("<!-- jca:job:01 -->\n/jca retry", {"action": "edited"}, "own_comment"),
        ("/jca retry", {"sender": {"login": "dependabot[bot]", "type": "Bot"}}, "bot_author"),
        ("/jca xyzzy", {}, "unclear_command"),
    ],
)
def test_a_comment_that_commands_nothing_is_ignored(body: str, changes: dict[str, Any], reason: str) -> None:
    ignored = _read(_comment(body, **changes), "issue_comment")

    assert isinstance(ignored, Ignored)
    assert ignored.reason == reason
    assert ignored.envelope.ticket_key == "acme/payments#7"


def test_a_misspelt_command_is_handed_on_to_be_answered_with_the_nearest() -> None:
    command = _read(_comment("/jca retri"), "issue_comment")

    assert isinstance(command, Command)
    assert command.asked.verb == "unclear"
    assert command.asked.words.endswith("Did you mean /jca retry?")


def test_a_comment_an_app_wrote_for_a_person_commands_nothing() -> None:
    comment = _comment("/jca retry")["comment"] | {"performed_via_github_app": {"slug": "some-app"}}

    ignored = _read(_comment(comment=comment), "issue_comment")

    assert isinstance(ignored, Ignored)
    assert ignored.reason == "bot_author"


def test_a_form_holds_the_same_as_json() -> None:
    body = b"payload=" + quote_plus(json.dumps(_payload())).encode()
    headers = {
        "X-GitHub-Event": "issues",
        "X-GitHub-Delivery": "d",
        "Content-Type": "application/x-www-form-urlencoded",
    }

    intake = read_github("github", headers, body, "jca")

    assert isinstance(intake, Intake)
    assert intake.envelope.content_hash == hashlib.sha256(body).hexdigest()
    assert read_github("github", headers, b"a=b", "jca") == BadRequest("the form has no field payload")
    assert read_github("github", headers, b"a=b&" * 9, "jca") == BadRequest("the form has no field payload")


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
FIELDS = ["action", "issue", "label", "repository", "sender", "comment", "pull_request", "review"]
EVENTS = ["issues", "issue_comment", "pull_request", "pull_request_review_comment", "check_run"]
ISSUE_FIELDS = ["number", "title", "html_url", "body", "state", "labels", "user"]


@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
    issue=st.dictionaries(st.sampled_from(ISSUE_FIELDS), JSON, max_size=3),
    action=st.sampled_from(ACTIONS),
    event=st.sampled_from(EVENTS),
)
def test_a_payload_with_any_values_is_read_or_refused_never_an_error(
    changes: dict[str, Any],
    issue: dict[str, Any],
    action: object,
    event: str,
) -> None:
    payload = _comment(action=action, issue=_payload()["issue"] | issue) | changes

    reading = _read(payload, event)

    if isinstance(reading, Intake):
        assert len(reading.ticket.key) <= 256
        assert reading.ticket.fingerprint()
    elif not isinstance(reading, Command):
        assert reading.reason
        assert "\n" not in reading.reason or isinstance(reading, Ignored)


@given(body=st.binary(max_size=200), event=st.text(max_size=12) | st.just("issues"), delivery=st.text(max_size=12))
def test_any_bytes_and_headers_are_refused_or_ignored(body: bytes, event: str, delivery: str) -> None:
    reading = read_github("github", {"X-GitHub-Event": event, "X-GitHub-Delivery": delivery}, body, "jca")

    assert isinstance(reading, Ignored | BadRequest)
