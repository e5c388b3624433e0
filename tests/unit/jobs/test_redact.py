"""No secret reaches a log, a page or a comment."""

from __future__ import annotations

import pytest

from jobs import errors
from jobs.redact import MASK, masked, redact, unmasked, without_credentials

GITHUB_JWT = "ghs_123456_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0NTYifQ.c2lnbmF0dXJl-_x"


@pytest.mark.parametrize(
    "secret",
    [
        "ghp_0123456789abcdefghij0123456789abcdef",
        GITHUB_JWT,
        "github_pat_11AAAAAAA0123456789_abcdefghijklmnop",
        "sk-ant-api03-abcdefghijklmnop",
        "AKIAIOSFODNN7EXAMPLE",
        "xoxb-123456789012-abcdefghij",
    ],
)
def test_what_looks_like_a_credential_is_masked_wherever_it_stands(secret: str) -> None:
    assert redact(f"before {secret} after") == f"before {MASK} after"
    assert secret not in redact(f'{{"token": "{secret}"}}')


def test_passwords_in_addresses_and_bearer_headers_are_masked() -> None:
    assert redact("https://user:hunter2@host/x") == f"https://{MASK}@host/x"
    assert redact("Authorization: Bearer abcdef123456") == f"Authorization: Bearer {MASK}"


def test_known_secrets_are_masked_literally_longest_first() -> None:
    assert redact("a tiger and a tigerlily", ["tigerlily", "tiger-"]) == f"a tiger and a {MASK}"


@pytest.mark.parametrize("text", ["ordinary words", "sk-8 rode", "the bearer of news", "user@example.com", "a:b"])
def test_ordinary_words_stay(text: str) -> None:
    assert redact(text) == text


def test_private_keys_are_masked_whole_even_when_cut_off() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----"

    assert redact(f"x {key} y") == f"x {MASK} y"
    assert "MIIE" not in redact(key[:50])


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@git.example/a/b", "https://git.example/a/b"),
        ("https://token@git.example/a/b", "https://git.example/a/b"),
        ("https://git.example/a/b@c", "https://git.example/a/b@c"),
        ("ssh://git:pw@git.example/a/b", "ssh://git@git.example/a/b"),
        ("ssh://git@git.example:22/a/b", "ssh://git@git.example:22/a/b"),
        ("git@git.example:a/b", "git@git.example:a/b"),
        ("/srv/git/a@b:c", "/srv/git/a@b:c"),
    ],
)
def test_an_address_is_shown_without_its_credentials(address: str, shown: str) -> None:
    assert without_credentials(address) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:pw@git.example/a", "https://•••@git.example/a"),
        ("ssh://git:pw@git.example/a", "ssh://git:•••@git.example/a"),
        ("git@git.example:a/b", "git@git.example:a/b"),
    ],
)
def test_a_masked_credential_stands_for_the_one_that_was_there(address: str, shown: str) -> None:
    assert masked(address) == shown
    assert unmasked(shown, address) == address
    assert unmasked("https://git.example/other", address) == "https://git.example/other"


def test_a_mask_on_another_address_stands_for_nothing() -> None:
    with pytest.raises(errors.BadInput, match="credential"):
        unmasked("https://•••@evil.example/a", "https://me:pw@git.example/a")
