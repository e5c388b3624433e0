from __future__ import annotations

import json

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from jobs import errors
from worker.trackers.github.faults import LONGEST_WORDS, CredentialRefused, fault

TOKEN = SecretStr("a-token-of-no-known-form")
DOING = "comment on acme/payments#7"


def met(status: int, body: object = None, **headers: str) -> errors.JcaError:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return fault(status, httpx.Headers(names), json.dumps(body or {}).encode(), DOING, TOKEN)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (302, errors.NotReady), (400, errors.Refused), (401, CredentialRefused), (403, errors.NotReady),
        (404, errors.NotFound), (408, errors.TryAgain), (409, errors.Conflict), (410, errors.NotFound),
        (422, errors.Refused), (451, errors.Refused), (500, errors.TryAgain), (503, errors.TryAgain),
    ],
)  # fmt: skip
def test_each_status_says_what_the_caller_must_do(status: int, kind: type[errors.JcaError]) -> None:
    error = met(status)

    assert type(error) is kind
    assert DOING in str(error)


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("issues=write", "it needs issues=write."),
        ("issues=write; pull_requests=write", "it needs issues=write or pull_requests=write."),
        ("contents=write,workflows=write", "it needs contents=write,workflows=write."),
    ],
)
def test_a_missing_permission_is_named_with_where_to_give_it(header: str, said: str) -> None:
    error = met(403, {"message": "Resource not accessible by integration"}, x_accepted_github_permissions=header)

    assert said in str(error)
    assert "settings of the App" in error.remedy


def test_a_header_that_is_no_permission_is_not_repeated() -> None:
    error = met(403, {"message": "No."}, x_accepted_github_permissions="<b>=x; call 555-1234")

    assert "555" not in str(error)


def test_single_sign_on_is_named() -> None:
    assert "single sign-on" in str(met(403, x_github_sso="required; url=https://github.com/orgs/acme/sso?x=secret"))


@pytest.mark.parametrize("words", ["Repository was archived so is read-only.", "the issue is locked"])
def test_what_is_open_to_nobody_is_no_matter_of_permissions(words: str) -> None:
    assert type(met(403, {"message": words})) is errors.Refused


def test_the_lines_below_a_message_are_told() -> None:
    body = {"message": "Validation Failed", "errors": [{"field": "head", "code": "invalid"}, "No commits between"]}

    assert "Validation Failed head invalid No commits between" in str(met(422, body))


def test_the_number_of_the_request_is_told_for_githubs_support() -> None:
    assert "(request C0DE:1)" in str(met(500, x_github_request_id="C0DE:1"))
    assert "script" not in str(met(500, x_github_request_id="<script>"))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=5)
       | st.dictionaries(st.sampled_from(["message", "errors", "field", "code"]), inner, max_size=4)))  # fmt: skip
def test_any_words_of_github_become_one_short_line(body: object) -> None:
    words = str(met(422, body))

    assert words.isprintable()
    assert len(words) < LONGEST_WORDS + 120


@given(st.binary(max_size=200), st.integers(min_value=300, max_value=599))
def test_any_body_at_all_becomes_an_error(body: bytes, status: int) -> None:
    assert isinstance(fault(status, httpx.Headers(), body, DOING, TOKEN), errors.JcaError)


def test_a_credential_in_githubs_words_is_masked() -> None:
    error = met(422, {"message": f"Bad: {TOKEN.get_secret_value()} and ghs_{'a.b-c' * 60} end"})

    assert TOKEN.get_secret_value() not in str(error)
    assert "a.b-c" not in str(error)


def test_deeply_nested_words_are_no_words() -> None:
    body = b'{"message":' + b"[" * 60_000

    assert "no reason" in str(fault(422, httpx.Headers(), body, DOING, TOKEN))
