"""Whatever a sender who knows the secret sends, the readers answer with a reading and never with an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.catalog import Source, Workspace
from jobs.commands import read_command
from jobs.directives import parse_directives
from jobs.ticket import Flavor
from tests.integration.webhooks.senders import comment, issue, jira_issue, ticket
from webhooks.readers import prove, read
from webhooks.reading import BadRequest, Command, Ignored, Intake
from webhooks.signatures import Forged

SECRET = "a-secret-of-proper-length"
SOURCES = [
    Source.model_validate({"name": kind, "kind": kind, "secrets": (SECRET,)}) for kind in ("github", "jira", "local")
]
EVENTS = ["issues", "issue_comment", "pull_request", "pull_request_review", "check_run", "ping", "push", "\n"]
WORKSPACE = Workspace()

WORDS = [
    "[JCA]",
    "[/JCA]",
    "/jca",
    "retry",
    "MergeLoom: ",
    "model=",
    "x",
    ",",
    "{quote}",
    "bq. ",
    "<br>",
    "<!--",
    "-->",
]
MARKS = [
    "\n",
    "\r\n",
    " ",
    '"',
    "`",
    "```",
    "> ",
    "<a ",
    "](",
    "![",
    "\\",
    "\0",
    "\u200b",
    "\u202e",
    "\ud800",
    "\u0130",
]
PIECES = st.sampled_from([*WORDS, *MARKS])
TEXT = st.lists(PIECES | st.text(max_size=4), max_size=40).map("".join)
LEAF = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
BASES: list[dict[str, Any]] = [
    issue(),
    issue("labeled"),
    comment(),
    ticket(),
    jira_issue(),
    jira_issue("comment_created"),
]


@st.composite
def _payloads(draw: st.DrawFn) -> bytes:
    """A genuine payload, some of whose values, however deep, are others."""
    payload: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(BASES))))
    for _ in range(draw(st.integers(1, 3))):
        place: Any = payload
        while True:
            key = draw(st.sampled_from(sorted(place)))
            if isinstance(place[key], dict) and place[key] and draw(st.booleans()):
                place = place[key]
                continue
            place[key] = draw(JSON)
            break
    text = json.dumps(payload, ensure_ascii=draw(st.booleans()))
    return text.encode("utf-8", "surrogatepass")


def _read_anything(source: Source, event: str, key: str, kind: str, body: bytes) -> None:
    headers = {"X-GitHub-Event": event, "X-GitHub-Delivery": key, "X-JCA-Delivery": key, "Content-Type": kind}
    headers |= {"X-Hub-Signature": key, "X-Hub-Signature-256": key, "X-JCA-Token": key, "X-JCA-Signature-256": key}

    assert isinstance(prove(source, headers, body), Forged)
    reading = read(source, headers, body, WORKSPACE)

    assert isinstance(reading, Intake | Command | Ignored | BadRequest)
    if isinstance(reading, Intake):
        assert reading.ticket.model_dump_json()
        assert "\0" not in reading.ticket.title + reading.ticket.body
    if isinstance(reading, Command):
        assert "\0" not in reading.asked.words


def _parse_anything(text: str, flavor: Flavor) -> None:
    parsed = parse_directives(text, flavor=flavor)
    asked = read_command(text, flavor)

    assert parsed.status in {"ok", "none", "error"}
    assert not (asked.asked and asked.error)


ANYTHING = given(
    source=st.sampled_from(SOURCES),
    event=st.sampled_from(EVENTS),
    key=st.sampled_from(["d-1", "", "sha256=" + "0" * 64, "sha256=", "é", "x" * 300]),
    kind=st.sampled_from(["application/json", "application/x-www-form-urlencoded"]),
    body=_payloads() | st.binary(max_size=100) | _payloads().map(lambda body: b"payload=" + body),
)
ANY_TEXT = given(text=TEXT, flavor=st.sampled_from(["markdown", "jira_wiki", "text"]))


@settings(max_examples=1500)
@ANYTHING
def test_any_delivery_is_read_or_refused(source: Source, event: str, key: str, kind: str, body: bytes) -> None:
    _read_anything(source, event, key, kind, body)


@settings(max_examples=1500)
@ANY_TEXT
def test_any_text_is_parsed(text: str, flavor: Flavor) -> None:
    _parse_anything(text, flavor)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=50_000)
@ANYTHING
def test_fifty_thousand_deliveries_are_read_or_refused(
    source: Source, event: str, key: str, kind: str, body: bytes
) -> None:
    _read_anything(source, event, key, kind, body)


@pytest.mark.soak
@pytest.mark.timeout(3600)
@settings(max_examples=50_000)
@ANY_TEXT
def test_fifty_thousand_texts_are_parsed(text: str, flavor: Flavor) -> None:
    _parse_anything(text, flavor)
