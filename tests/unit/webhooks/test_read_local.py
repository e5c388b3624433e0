from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.ticket import Person
from webhooks.local import read_local
from webhooks.reading import BadRequest, Intake

TICKET = {"key": "OPS-1", "title": "Rotate the logs", "body": "[JCA]\nwork_repos=ops\n[/JCA]"}
FULL = TICKET | {
    "flavor": "jira_wiki",
    "labels": ["jca", "repo-ops"],
    "url": "https://tracker.example/OPS-1",
    "repository": "ops",
}


def _body(**changes: object) -> dict[str, Any]:
    return {"version": 1, "ticket": TICKET, "actor": {"id": "ada"}, **changes}


def _read(payload: object, delivery: str = "2026-11-20/1") -> Intake | BadRequest:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return read_local("local", {"X-JCA-Delivery": delivery}, body)


def test_the_smallest_ticket_is_read() -> None:
    intake = _read(_body())

    assert isinstance(intake, Intake)
    assert (intake.envelope.event, intake.envelope.delivery_key) == ("ticket", "2026-11-20/1")
    assert intake.envelope.ticket_key == intake.ticket.key
    assert intake.actor == Person(id="ada")
    assert intake.ticket.flavor == "markdown"
    assert intake.ticket.repository == ""


def test_every_field_arrives() -> None:
    intake = _read(_body(ticket=FULL, actor={"id": "ada", "name": "Ada L."}))

    assert isinstance(intake, Intake)
    assert intake.actor.name == "Ada L."
    kept = intake.ticket.model_dump(mode="json", exclude={"author", "assignees", "state"})
    assert kept == FULL | {"source": "local"}


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (_body(priority="high"), "unknown field priority"),
        (_body(ticket=TICKET | {"assignee": "ada"}), "unknown field ticket.assignee"),
        (_body(actor={"id": "ada", "is_bot": False}), "unknown field actor.is_bot"),
        (_body(version=2), "version: Input should be 1"),
        (_body(version="1"), "version: Input should be 1"),
        (_body(actor={}), "actor.id: Field required"),
        (_body(ticket=TICKET | {"key": ""}), "ticket.key: String should have at least 1 character"),
        (_body(ticket=TICKET | {"key": "K" * 201}), "ticket.key: String should have at most 200 characters"),
        (_body(ticket=TICKET | {"title": 7}), "ticket.title: Input should be a valid string"),
        (_body(ticket=TICKET | {"body": "b" * 131_073}), "ticket.body: String should have at most 131072 characters"),
        (_body(ticket=TICKET | {"flavor": "html"}), "ticket.flavor: Input should be 'markdown', 'jira_wiki' or 'text'"),
        (_body(ticket=TICKET | {"labels": ["x"] * 101}), "ticket.labels: Tuple should have at most 100 items"),
        (_body(ticket=TICKET | {"labels": ["x" * 101]}), "ticket.labels.0: String should have at most 100 characters"),
        (_body(ticket=TICKET | {"url": "javascript:alert(1)"}), "ticket.url: String should match pattern"),
        (b"{", "the body is not JSON: EOF while parsing an object at line 1 column 1"),
        ([], "the body is not a JSON object"),
    ],
)
def test_a_mistake_of_the_sender_is_named(payload: object, reason: str) -> None:
    bad = _read(payload)

    assert isinstance(bad, BadRequest)
    assert bad.reason.startswith(reason)


@pytest.mark.parametrize("delivery", ["", "a b", "é", "x" * 257])
def test_a_delivery_needs_a_proper_identifier(delivery: str) -> None:
    bad = _read(_body(), delivery)

    assert isinstance(bad, BadRequest)
    assert bad.reason.startswith("the header X-JCA-Delivery ")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    ticket=st.dictionaries(st.sampled_from(sorted(FULL)) | st.text(max_size=5), JSON, max_size=3),
    top=st.dictionaries(st.sampled_from(["version", "ticket", "actor"]) | st.text(max_size=5), JSON, max_size=2),
)
def test_a_body_with_any_values_is_read_or_refused_never_an_error(ticket: dict[str, Any], top: dict[str, Any]) -> None:
    reading = _read(_body(ticket=FULL | ticket) | top)

    if isinstance(reading, Intake):
        assert set(ticket) <= set(FULL)
        assert reading.ticket.fingerprint()
    else:
        assert 0 < len(reading.reason) <= 220


@given(body=st.binary(max_size=200))
def test_any_bytes_are_refused(body: bytes) -> None:
    assert isinstance(_read(body), BadRequest)
