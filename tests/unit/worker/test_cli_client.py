from __future__ import annotations

import httpx
import pytest

from jobs import errors
from worker.cli import client
from worker.cli.client import ServerEvent


def test_events_are_read_with_names_ids_and_lines() -> None:
    stream = [
        "retry: 1000",
        "",
        ": still here",
        "",
        "id: 5-0",
        "event: line",
        "data: one",
        "data:two",
        "data",
        "",
        "data: : colon",
        "",
        "data: unfinished",
    ]

    assert list(client.events(iter(stream))) == [
        ServerEvent("line", "one\ntwo\n", "5-0"),
        ServerEvent("message", ": colon", ""),
    ]


@pytest.mark.parametrize(
    ("word", "kind", "code"),
    [
        ("not_found", errors.NotFound, 2),
        ("bad_input", errors.BadInput, 2),
        ("conflict", errors.Conflict, 1),
        ("not_ready", errors.NotReady, 3),
        ("something_new", errors.JcaError, 1),
    ],
)
def test_an_answer_becomes_the_error_it_stands_for(word: str, kind: type[errors.JcaError], code: int) -> None:
    answer = httpx.Response(400, json={"error": word, "message": "It is so.", "remedy": "Do this."})

    found = client.problem(answer)

    assert type(found) is kind
    assert (found.message, found.remedy, found.exit_code) == ("It is so.", "Do this.", code)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b'"x"', b"{}", b""])
def test_an_answer_nobody_understands_is_said_as_such(content: bytes) -> None:
    assert "502" in client.problem(httpx.Response(502, content=content)).message


def test_a_token_that_is_not_taken_points_to_the_state_directory() -> None:
    answer = httpx.Response(401, request=httpx.Request("GET", "http://127.0.0.1:8010/api/v1/jobs"))

    assert "JCA_STATE_DIR" in client.problem(answer).remedy
