"""Secrets at rest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import errors
from jobs.vault import Vault


@given(secret=st.text(), place=st.text())
def test_what_was_sealed_opens_in_its_place_only(secret: str, place: str) -> None:
    vault = Vault(["a key"])
    sealed = vault.seal(secret, place)

    assert vault.open(sealed, place) == secret
    assert sealed != vault.seal(secret, place)
    with pytest.raises(errors.NotReady):
        vault.open(sealed, f"{place} elsewhere")


def test_a_rotated_key_still_opens_what_the_old_one_sealed() -> None:
    sealed = Vault(["old"]).seal("secret", "source=github")

    assert Vault(["new", "old"]).open(sealed, "source=github") == "secret"
    with pytest.raises(errors.NotReady, match="sealed with another key"):
        Vault(["new"]).open(sealed, "source=github")


@given(st.text())
def test_garbage_is_a_clear_error(garbage: str) -> None:
    with pytest.raises(errors.NotReady):
        Vault(["key"]).open(garbage, "source=github")


def test_a_changed_ciphertext_does_not_open() -> None:
    sealed = Vault(["key"]).seal("secret", "p")
    changed = sealed[:-2] + ("AA" if sealed[-2:] != "AA" else "BB")

    with pytest.raises(errors.NotReady, match="does not open"):
        Vault(["key"]).open(changed, "p")


@pytest.mark.parametrize("keys", [[], [""], ["key", ""]])
def test_an_empty_key_is_refused(keys: list[str]) -> None:
    with pytest.raises(errors.NotReady):
        Vault(keys)
