"""Addresses, questions, limits and faults, by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from jobs import errors
from worker.trackers.jira.faults import fault
from worker.trackers.jira.jql import Query, quoted
from worker.trackers.jira.limits import AT_MOST, Limits
from worker.trackers.jira.site import Site
from worker.trackers.limited import RateLimited

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOKEN = SecretStr("the-token-of-our-account")


@pytest.mark.parametrize("url", ["https://acme.atlassian.net/", "https://h.example/jira", "http://127.0.0.1:8080"])
def test_an_address_of_jira_is_taken(url: str) -> None:
    assert Site.data_center(url, TOKEN).url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["", "acme.atlassian.net", "http://jira.example", "https://u:p@h.example", "https://h/?a=1", "ftp://h"]
)
def test_an_address_where_the_credential_would_be_seen_is_refused(url: str) -> None:
    with pytest.raises(errors.BadInput, match="not a plain https address"):
        Site.data_center(url, TOKEN)


@pytest.mark.parametrize("email", ["", "ann", "a b@c", "ann:x@acme.example"])
def test_cloud_needs_the_address_of_the_account(email: str) -> None:
    with pytest.raises(errors.BadInput, match="e-mail address"):
        Site.cloud("https://acme.atlassian.net", email, TOKEN)


def test_a_site_shows_no_secret() -> None:
    assert "the-token" not in repr(Site.cloud("https://acme.atlassian.net", "a@b.c", TOKEN))


def test_a_question_reads_as_jql() -> None:
    query = Query(projects=("PAY", "OPS"), labels=("jca",), statuses=("To Do",), within=timedelta(seconds=61))

    assert query.text() == (
        'project in ("PAY", "OPS") AND labels in ("jca") AND status in ("To Do") AND updated >= -2m'
        " AND statusCategory != Done ORDER BY updated ASC, key ASC"
    )


def test_a_question_without_bounds_is_not_asked() -> None:
    with pytest.raises(errors.BadInput, match="that bounds it"):
        Query().text()


@given(st.text(max_size=300))
def test_a_quoted_value_ends_where_it_should(value: str) -> None:
    try:
        text = quoted(value)
    except errors.BadInput:
        return
    assert json.loads(text) == value  # the escapes used are the same in JSON


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": "0"}, 1),
        ({"retry-after": "999999999"}, AT_MOST.total_seconds()),
        ({"x-ratelimit-reset": "2026-11-20T09:05Z"}, 300),
        ({"x-ratelimit-reset": "2026-11-20T08:00Z"}, 1),
        ({"retry-after": "Fri, 20 Nov", "x-ratelimit-reset": "soon"}, 60),
        ({"x-ratelimit-reset": "2026-11-20T09:05"}, 60),
        ({}, 60),
    ],
)
def test_a_limit_names_the_moment_it_ends(headers: dict[str, str], seconds: float) -> None:
    limits = Limits()

    assert limits.refused(headers, NOW).until == NOW + timedelta(seconds=seconds)
    with pytest.raises(RateLimited, match="may be asked again at"):
        limits.check(NOW)
    limits.check(NOW + timedelta(seconds=seconds))


def test_limits_that_name_no_time_double_in_a_row() -> None:
    limits = Limits()
    waits = [limits.refused({}, NOW).until - NOW for _ in range(8)]
    limits.passed()

    assert waits[:3] == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert max(waits) == AT_MOST
    assert limits.refused({}, NOW).until - NOW == timedelta(minutes=1)


@pytest.mark.parametrize("reason", ["jira-burst-based", "jira-per-issue-on-write"])
def test_a_narrow_limit_closes_nothing_else(reason: str) -> None:
    limits = Limits()
    limits.refused({"retry-after": "30", "ratelimit-reason": reason}, NOW)

    limits.check(NOW)


@pytest.mark.parametrize(
    ("status", "headers", "family", "words"),
    [
        (500, {}, errors.TryAgain, "Jira answered 500"),
        (503, {}, errors.TryAgain, "Jira answered 503"),
        (408, {}, errors.TryAgain, "Jira answered 408"),
        (401, {}, errors.NotReady, "does not accept our credential"),
        (404, {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}, errors.NotReady, "does not accept our credential"),
        (403, {"x-authentication-denied-reason": "CAPTCHA_CHALLENGE; login-url=x"}, errors.NotReady, "CAPTCHA"),
        (403, {}, errors.NotReady, "Give our account the permission “Add Comments”"),
        (404, {}, errors.NotFound, "Browse Projects"),
        (410, {}, errors.NotFound, "found nothing"),
        (409, {}, errors.Conflict, "changed meanwhile"),
        (400, {}, errors.Refused, "Jira refused to comment on PAY-1: No. body: too long"),
        (302, {}, errors.NotReady, "sent us elsewhere"),
    ],
)
def test_an_answer_says_what_to_do(
    status: int, headers: dict[str, str], family: type[errors.JcaError], words: str
) -> None:
    body = b'{"errorMessages": ["No."], "errors": {"body": "too long"}}'
    told = fault(status, headers, body, "comment on PAY-1", "Add Comments")

    assert type(told) is family
    assert words in str(told)


@given(st.binary(max_size=200) | st.from_regex(rb'\{"errorMessages": ?\[.{0,80}\]\}', fullmatch=True))
def test_any_body_of_an_error_is_told_on_one_line(body: bytes) -> None:
    told = str(fault(400, {}, body, "try", "x"))

    assert told.startswith("Jira refused to try: ")
    assert told.isprintable()


def test_a_secret_that_jira_repeats_is_masked() -> None:
    told = str(fault(400, {}, b'{"message": "bad s3cret-token"}', "try", "x", ["s3cret-token"]))

    assert "Jira refused to try: bad •••" in told
