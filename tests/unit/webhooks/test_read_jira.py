from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from pydantic import SecretStr

from jobs.commands import Asked
from jobs.directives import parse_directives
from jobs.ticket import Person
from webhooks.jira import Rules, read_jira
from webhooks.jira_proof import verify_jira
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Forged, Verified

ANN = {"accountId": "5b10a2844c20165700ede21g", "displayName": "Ann Lee", "accountType": "atlassian", "active": True}
OURS = {"accountId": "557058:jca", "displayName": "JCA", "accountType": "atlassian"}
BLOCK = "Refunds are rounded down.\r\n\r\n[JCA]\r\nprovider=openai-compatible\r\n[/JCA]\r\n"
RULES = Rules("jca", accounts=frozenset({"557058:jca"}), ready=frozenset({"To Do"}))
NO_SUCH_COMMAND = "There is no such command"
IDENTIFIER = "9b1d3e6a-1c7a-4d2e-9a53-0d2f6f8c1a11"


def _issue(**fields: object) -> dict[str, Any]:
    """An issue in the shape Cloud's webhooks send it, shortened to what surrounds the fields we use."""
    return {
        "id": "10002",
        "self": "https://acme.atlassian.net/rest/api/2/issue/10002",
        "key": "PAY-412",
        "fields": {
            "summary": "Refunds are rounded down",
            "description": BLOCK,
            "labels": ["jca", "repo-payments"],
            "issuetype": {"id": "10001", "name": "Bug", "subtask": False},
            "project": {"id": "10000", "key": "PAY"},
            "status": {"name": "To Do", "id": "10000", "statusCategory": {"id": 2, "key": "new", "name": "To Do"}},
            "reporter": ANN,
            "creator": ANN,
            "assignee": None,
            "priority": {"name": "Medium"},
            **fields,
        },
    }


def _created(**changes: object) -> dict[str, Any]:
    return {
        "timestamp": 1_795_000_000_000,
        "webhookEvent": "jira:issue_created",
        "issue_event_type_name": "issue_created",
        "user": ANN,
        "issue": _issue(),
        **changes,
    }


def _changed(
    field: str, before: str | None, after: str | None, to: str | None = None, **changes: object
) -> dict[str, Any]:
    item = {"field": field, "fieldtype": "jira", "fieldId": field, "from": None, "fromString": before}
    item |= {"to": to, "toString": after}
    return _created(
        **{
            "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_generic",
            "changelog": {"id": "10124", "items": [item]},
            **changes,
        }
    )


def _commented(body: object = "/jca retry", **changes: object) -> dict[str, Any]:
    comment = {"self": "https://acme.atlassian.net/rest/api/2/issue/10002/comment/31039", "id": "31039", "body": body}
    comment |= {"author": ANN, "updateAuthor": ANN, "created": "2026-11-20T09:00:00.000+0000"}
    return {
        "timestamp": 1,
        "webhookEvent": "comment_created",
        "user": ANN,
        "issue": _issue(),
        "comment": comment,
    } | changes


def _read(
    payload: object, rules: Rules = RULES, headers: dict[str, str] | None = None
) -> Intake | Command | Ignored | BadRequest:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    given = {"X-Atlassian-Webhook-Identifier": IDENTIFIER} if headers is None else headers
    return read_jira("jira", CIMultiDict(given), body, rules)


def _reason(reading: object) -> str:
    assert isinstance(reading, Ignored | BadRequest)
    return (isinstance(reading, Ignored) and reading.detail) or reading.reason


def test_a_created_issue_becomes_a_ticket() -> None:
    payload = _created()

    intake = _read(payload)

    assert isinstance(intake, Intake)
    assert intake.envelope.event == "jira:issue_created"
    assert intake.envelope.delivery_key == IDENTIFIER
    assert intake.envelope.ticket_key == intake.ticket.key
    assert intake.envelope.content_hash == hashlib.sha256(json.dumps(payload).encode()).hexdigest()
    assert intake.actor == Person(id="5b10a2844c20165700ede21g", name="Ann Lee")
    assert intake.ticket.model_dump() == {
        "source": "jira",
        "key": "PAY-412",
        "title": "Refunds are rounded down",
        "body": BLOCK,
        "flavor": "jira_wiki",
        "labels": ("jca", "repo-payments"),
        "url": "https://acme.atlassian.net/browse/PAY-412",
        "repository": "",
        "author": {"id": "5b10a2844c20165700ede21g", "name": "Ann Lee", "is_bot": False},
        "assignees": (),
        "state": "To Do",
    }


def test_data_center_is_read_by_names_and_keyed_by_content() -> None:
    user = {
        "self": "https://jira.acme.example/jira/rest/api/2/user?username=ann",
        "name": "ann",
        "key": "JIRAUSER10100",
    }
    issue = _issue(reporter=user) | {"self": "https://jira.acme.example/jira/rest/api/2/issue/10002"}
    payload = _created(user=user, issue=issue)

    intake = _read(payload, headers={})

    assert isinstance(intake, Intake)
    assert intake.envelope.delivery_key == hashlib.sha256(json.dumps(payload).encode()).hexdigest()
    assert intake.actor == Person(id="ann")
    assert intake.ticket.url == "https://jira.acme.example/jira/browse/PAY-412"


def test_a_retry_has_the_key_of_the_first_attempt() -> None:
    headers = {"X-Atlassian-Webhook-Identifier": IDENTIFIER, "X-Atlassian-Webhook-Retry": "2"}
    first, second = _read(_created()), _read(_created(), headers=headers)

    assert isinstance(first, Intake)
    assert isinstance(second, Intake)
    assert first.envelope == second.envelope


def test_a_description_as_a_document_is_read_by_its_lines() -> None:
    lines = [{"type": "text", "text": "[JCA]"}, {"type": "hardBreak"}, {"type": "text", "text": "effort=low"}]
    paragraph = {"type": "paragraph", "content": [*lines, {"type": "hardBreak"}, {"type": "text", "text": "[/JCA]"}]}
    document = {"type": "doc", "version": 1, "content": [paragraph]}

    intake = _read(_created(issue=_issue(description=document, labels=[])))

    assert isinstance(intake, Intake)
    assert intake.ticket.flavor == "text"
    assert parse_directives(intake.ticket.body, flavor="text").directives.effort == "low"


@pytest.mark.parametrize("fields", [{"labels": ["JCA"], "description": None}, {"labels": [], "description": BLOCK}])
def test_the_managed_label_or_a_block_makes_an_issue_ours(fields: dict[str, Any]) -> None:
    assert isinstance(_read(_created(issue=_issue(**fields))), Intake)


def test_an_issue_with_neither_starts_nothing() -> None:
    ignored = _read(_created(issue=_issue(labels=["bug"], description="please")))

    assert _reason(ignored) == "managed_label_missing"


@pytest.mark.parametrize(
    ("payload", "trigger"),
    [
        (_created(), "opened"),
        (_changed("labels", "repo-payments", "jca repo-payments"), "labeled"),
        (_changed("labels", "jca", "jca repo-payments"), "labeled"),
        (_changed("labels", "", "model:gpt-5 jca"), "labeled"),
        (_changed("description", "Refunds.", BLOCK), "edited"),
        (_changed("summary", "Refunds", "Round refunds up"), "edited"),
        (_changed("description", BLOCK, "", issue=_issue(labels=[], description="")), "edited"),
        (_changed("assignee", None, "JCA", "557058:jca"), "assigned"),
        (_changed("status", "Backlog", "To Do"), "reopened"),
    ],
)
def test_a_change_that_asks_for_something_is_told_as_what_it_was(payload: dict[str, Any], trigger: str) -> None:
    intake = _read(payload)

    assert isinstance(intake, Intake)
    assert intake.trigger == trigger


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (_changed("labels", "jca urgent", "jca"), "a change of labels does not start work"),
        (_changed("labels", "jca", "jca urgent"), "a change of labels does not start work"),
        (_changed("assignee", None, "Ann", "5b10"), "a change of assignee does not start work"),
        (_changed("status", "To Do", "In Progress"), "a change of status does not start work"),
        (_changed("priority", "Low", "High"), "a change of priority does not start work"),
        (_changed("labels", "", "jca", changelog=None), "a change of nothing does not start work"),
        (_changed("labels", "", "jca", changelog={}), "a change of nothing does not start work"),
        (
            _changed("status", "Backlog", "To Do", issue=_issue(labels=[])),
            "a change of status does not start work",
        ),
        (
            _created(issue=_issue(status={"name": "Shipped", "statusCategory": {"key": "done"}})),
            "ticket_closed",
        ),
        (_created(user=OURS), "own_account"),
        (_created(user=None), "nobody is named who did it"),
        (_created(user={"displayName": "Anonymous"}), "nobody is named who did it"),
        (_created(user=ANN | {"accountType": "app"}), "bot_author"),
        (_created(webhookEvent="jira:issue_deleted"), "a deleted issue starts nothing"),
        (_created(webhookEvent="jira:version_released"), "jira:version_released does not start work"),
        (_commented("thanks!"), "no_command"),
        (_commented("bq. /jca retry"), "no_command"),
        (_commented("{quote}\n/jca retry\n{quote}"), "no_command"),
        (_commented("/jcat"), "no_command"),
        (_commented("/jca xyzzy"), NO_SUCH_COMMAND),
        (_commented("/jca"), NO_SUCH_COMMAND),
        (_commented(user=OURS), "own_account"),
        (_commented(webhookEvent="comment_updated"), "an edited comment is no command; write a new one"),
        (
            _commented(issue=None),
            "the comment names no issue; send the event jira:issue_updated as well",
        ),
        (
            _commented(webhookEvent="jira:issue_updated", issue_event_type_name="issue_comment_edited"),
            "issue_comment_edited does not start work",
        ),
    ],
)
def test_everything_else_is_left_alone_with_its_reason(payload: dict[str, Any], reason: str) -> None:
    assert _reason(_read(payload)).startswith(reason)


def test_without_the_rule_for_it_neither_status_nor_assignee_starts_anything() -> None:
    plain = Rules("jca")

    assert isinstance(_read(_changed("status", "Backlog", "To Do"), plain), Ignored)
    assert isinstance(_read(_changed("assignee", None, "JCA", "557058:jca"), plain), Ignored)


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        ("/jca retry", Asked(verb="retry")),
        ("  /JCA Cancel  ", Asked(verb="cancel")),
        ("\n\n/jca autofix ON", Asked(verb="autofix", words="on")),
        ("/jca continue round up\r\nand add a test", Asked(verb="continue", words="round up\nand add a test")),
        ("{quote}\nwhat it said\n{quote}\n/jca explain", Asked(verb="explain")),
    ],
)
def test_a_comment_commands_with_its_first_visible_command(body: str, asked: Asked) -> None:
    command = _read(_commented(body))

    assert isinstance(command, Command)
    assert (command.envelope.ticket_key, command.comment_id, command.asked) == ("PAY-412", "31039", asked)
    assert command.actor.id == ANN["accountId"]


def test_a_comment_as_a_document_commands_too() -> None:
    content = [{"type": "paragraph", "content": [{"type": "text", "text": "/jca retry"}]}]

    command = _read(_commented({"type": "doc", "version": 1, "content": content}))

    assert isinstance(command, Command)
    assert command.asked == Asked(verb="retry")


def test_both_deliveries_of_one_comment_are_one_command() -> None:
    told = _read(_commented(), headers={"X-Atlassian-Webhook-Identifier": "first"})
    update = _commented(webhookEvent="jira:issue_updated", issue_event_type_name="issue_commented")
    again = _read(update, headers={"X-Atlassian-Webhook-Identifier": "second"})

    assert isinstance(told, Command)
    assert isinstance(again, Command)
    assert (told.comment_id, told.comment_hash) == (again.comment_id, again.comment_hash)
    assert told.comment_url == "https://acme.atlassian.net/browse/PAY-412?focusedCommentId=31039"


def test_a_label_added_along_with_a_comment_starts_work() -> None:
    assert isinstance(_read(_changed("labels", "", "jca", comment=_commented()["comment"])), Intake)


def test_the_author_of_a_comment_counts_where_no_user_is_named() -> None:
    command = _read(_commented(user=None))

    assert isinstance(command, Command)
    assert command.actor.id == ANN["accountId"]


def test_the_body_of_an_automation_rule_is_a_request() -> None:
    body = b"""{
      "webhookEvent": "jca:automation",
      "timestamp": "1795000000000",
      "user": {"accountId": "5b10", "displayName": "Ann Lee", "accountType": "atlassian"},
      "issue": {
        "key": "PAY-412",
        "self": "https://acme.atlassian.net/rest/api/2/issue/10002",
        "fields": {
          "summary": "Refunds", "description": "", "labels": ["jca","repo-payments"], "status": {"name": "To Do"}
        }
      }
    }"""

    intake = _read(body, headers={})

    assert isinstance(intake, Intake)
    assert intake.actor == Person(id="5b10", name="Ann Lee")
    assert intake.ticket.labels == ("jca", "repo-payments")
    assert intake.ticket.url == "https://acme.atlassian.net/browse/PAY-412"


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"payload=%7B%7D", "the body is not JSON: expected value at line 1 column 1"),
        (b"[" * 100_000, "the body is not JSON: recursion limit exceeded"),
        ([1], "the body is not a JSON object"),
        ({}, "webhookEvent: Field required"),
        ({"webhookEvent": "x y"}, "webhookEvent: String should match pattern"),
        (_created(issue=None), "issue: Field required"),
        (_created(issue={"key": "PAY-412/../x"}), "issue.key: String should match pattern"),
    ],
)
def test_what_cannot_be_read_is_named(payload: object, reason: str) -> None:
    bad = _read(payload)

    assert isinstance(bad, BadRequest)
    assert bad.reason.startswith(reason)


def test_an_unreadable_identifier_is_named() -> None:
    bad = _read(_created(), headers={"X-Atlassian-Webhook-Identifier": "a b"})

    assert _reason(bad).startswith("the header X-Atlassian-Webhook-Identifier must be")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//rest/api/",
        "https://user:pw@evil.example/rest/api/2/issue/1",
        "https://api.atlassian.com/ex/jira/1/rest/api/2/issue/1",
        "https://a b/rest/api/2",
        "https://" + "x" * 3000 + "/rest/api/2/issue/1",
        "",
    ],
)
def test_only_a_plain_address_becomes_a_link(url: str) -> None:
    intake = _read(_created(issue=_issue() | {"self": url}))

    assert isinstance(intake, Intake)
    assert intake.ticket.url == ""


def test_nul_never_reaches_a_ticket() -> None:
    intake = _read(_created(issue=_issue(summary="a\0b", description="[JCA]\0")))

    assert isinstance(intake, Intake)
    assert (intake.ticket.title, intake.ticket.body) == ("a�b", "[JCA]�")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PARTS = ["user", "issue", "comment", "changelog", "webhookEvent", "issue_event_type_name"]
FIELDS = ["summary", "description", "labels", "status", "reporter", "creator"]
BASES = [_created(), _changed("labels", "", "jca"), _commented(), _created(webhookEvent="jca:automation")]


@given(
    base=st.sampled_from(BASES),
    changes=st.dictionaries(st.sampled_from(PARTS), JSON, max_size=3),
    fields=st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=3),
)
def test_a_payload_with_any_values_is_read_or_refused_never_an_error(
    base: dict[str, Any], changes: dict[str, Any], fields: dict[str, Any]
) -> None:
    reading = _read(base | {"issue": _issue(**fields)} | changes)

    if isinstance(reading, Intake):
        assert reading.ticket.fingerprint()
    elif not isinstance(reading, Command):
        assert reading.reason
        assert "\n" not in reading.reason or isinstance(reading, Ignored)


@given(body=st.binary(max_size=200), identifier=st.text(max_size=12))
def test_any_bytes_and_headers_are_refused(body: bytes, identifier: str) -> None:
    reading = _read(body, headers={"X-Atlassian-Webhook-Identifier": identifier})

    assert isinstance(reading, Ignored | BadRequest)


NEW, OLD = SecretStr("the-new-secret-of-this-source"), SecretStr("the-old-secret-of-this-source")


def test_the_example_of_the_documentation_verifies() -> None:
    # https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks
    signature = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    secret = SecretStr("It's a Secret to Everybody")

    assert verify_jira({"X-Hub-Signature": signature}, b"Hello World!", [secret]) == Verified(0)


def test_a_signature_or_the_token_proves_and_tells_which_secret() -> None:
    signed = "sha256=" + hmac.new(OLD.get_secret_value().encode(), b"{}", hashlib.sha256).hexdigest()

    assert verify_jira(CIMultiDict({"x-hub-signature": signed}), b"{}", [NEW, OLD]) == Verified(1)
    assert verify_jira(CIMultiDict({"x-jca-token": OLD.get_secret_value()}), b"{}", [NEW, OLD]) == Verified(1)


def test_a_wrong_signature_is_not_saved_by_the_token() -> None:
    headers = {"X-Hub-Signature": "sha256=" + "0" * 64, "X-JCA-Token": NEW.get_secret_value()}

    assert verify_jira(headers, b"{}", [NEW]) == Forged("signature_mismatch")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "signature_missing"),
        ({"X-Hub-Signature-256": "sha256=" + "0" * 64}, "signature_missing"),
        ({"X-Hub-Signature": "sha1=" + "0" * 40}, "signature_unreadable"),
        ({"X-Hub-Signature": "0" * 64}, "signature_unreadable"),
        ({"X-JCA-Token": "the-wrong-secret-of-a-source"}, "token_mismatch"),
        ({"X-JCA-Token": "\udcff"}, "token_mismatch"),
    ],
)
def test_nothing_else_proves_anything(headers: dict[str, str], reason: str) -> None:
    assert verify_jira(headers, b"{}", [NEW, SecretStr("")]) == Forged(reason)


def test_an_empty_secret_proves_nothing() -> None:
    signed = "sha256=" + hmac.new(b"", b"{}", hashlib.sha256).hexdigest()

    assert verify_jira({"X-Hub-Signature": signed}, b"{}", [SecretStr("")]) == Forged("signature_mismatch")
