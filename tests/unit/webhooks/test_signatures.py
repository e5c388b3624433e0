from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict
from pydantic import SecretStr, ValidationError

from jobs.catalog import Source
from webhooks.signatures import HEADERS, Forged, Kind, Verified, verify

NEW = SecretStr("the-new-secret-of-this-source")
OLD = SecretStr("the-old-secret-of-this-source")
BODY = b'{"zen": "Keep it logically awesome."}'


def _signed(body: bytes, secret: SecretStr, kind: Kind = "github") -> CIMultiDict[str]:
    digest = hmac.new(secret.get_secret_value().encode(), body, hashlib.sha256).hexdigest()
    return CIMultiDict({HEADERS[kind]: f"sha256={digest}"})


def test_the_example_in_githubs_documentation_verifies() -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation
    signature = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    secret = SecretStr("It's a Secret to Everybody")

    assert verify("github", {"X-Hub-Signature-256": signature}, b"Hello, World!", [secret]) == Verified(0)


@pytest.mark.parametrize("kind", ["github", "local"])
def test_any_secret_verifies_and_the_answer_says_which(kind: Kind) -> None:
    assert verify(kind, _signed(BODY, NEW, kind), BODY, [NEW, OLD]) == Verified(0)
    assert verify(kind, _signed(BODY, OLD, kind), BODY, [NEW, OLD]) == Verified(1)
    assert verify(kind, _signed(BODY, OLD, kind), BODY, [NEW]) == Forged("signature_mismatch")


def test_header_names_and_hexadecimal_digits_are_taken_in_any_case() -> None:
    digest = _signed(BODY, NEW)[HEADERS["github"]].removeprefix("sha256=")

    assert verify("github", CIMultiDict({"x-hub-signature-256": f"sha256={digest.upper()}"}), BODY, [NEW]) == Verified(
        0
    )


def test_a_sha1_signature_is_never_enough() -> None:
    sha1 = hmac.new(NEW.get_secret_value().encode(), BODY, hashlib.sha1).hexdigest()

    assert verify("github", {"X-Hub-Signature": f"sha1={sha1}"}, BODY, [NEW]) == Forged("signature_missing")
    assert verify("github", {"X-Hub-Signature-256": f"sha1={sha1}"}, BODY, [NEW]) == Forged("signature_unreadable")


def test_the_signature_of_one_kind_does_not_count_for_another() -> None:
    assert verify("local", _signed(BODY, NEW, "github"), BODY, [NEW]) == Forged("signature_missing")


def test_an_empty_secret_verifies_nothing() -> None:
    empty = SecretStr("")

    assert verify("github", _signed(BODY, empty), BODY, [empty]) == Forged("signature_mismatch")
    assert verify("github", _signed(BODY, empty), BODY, []) == Forged("signature_mismatch")


@pytest.mark.parametrize("secrets", [(), ("",), ("a-secret-of-proper-length", ""), ("short",)])
def test_a_source_with_an_empty_or_short_secret_cannot_exist(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError):
        Source(name="github", kind="github", secrets=tuple(SecretStr(secret) for secret in secrets))


@given(body=st.binary(max_size=64), other=st.binary(max_size=64))
def test_a_signature_holds_for_its_own_body_alone(body: bytes, other: bytes) -> None:
    held = verify("github", _signed(body, NEW), other, [NEW])

    assert held == (Verified(0) if body == other else Forged("signature_mismatch"))


@given(header=st.text(max_size=80) | st.from_regex(r"sha256=[0-9a-f]{62,66}", fullmatch=True))
def test_no_guessed_header_verifies_or_raises(header: str) -> None:
    assert isinstance(verify("github", {"X-Hub-Signature-256": header}, BODY, [NEW]), Forged)
