"""Secrets at rest: AES-256-GCM, bound to the place they belong to.

A sealed text is `v1.<key id>.<nonce>.<ciphertext>`; the place (`source=github`) is associated data, so a sealed secret
copied to another place does not open.
"""

from __future__ import annotations

import hashlib
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from jobs import errors

NONCE = 12  # bytes, the size GCM is specified for (NIST SP 800-38D)


class Vault:
    """A ring of keys: the first seals, all open."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or not all(keys):
            remedy = "Set JCA_WEBHOOK_KEY and JCA_SECRET_KEY without empty entries."
            raise errors.NotReady("There is no key to seal secrets with.", remedy=remedy)
        self._keys = {hashlib.sha256(key.encode()).hexdigest()[:8]: AESGCM(_derive(key)) for key in keys}

    def seal(self, secret: str, place: str) -> str:
        """Close a secret for one place."""
        key_id, cipher = next(iter(self._keys.items()))
        nonce = os.urandom(NONCE)
        return ".".join(("v1", key_id, _text(nonce), _text(cipher.encrypt(nonce, secret.encode(), place.encode()))))

    def open(self, sealed: str, place: str) -> str:
        """Open what was sealed for this place.

        Raises:
            errors.NotReady: the key is not in the ring, or the text was changed or moved.
        """
        version, _, rest = sealed.partition(".")
        key_id, _, rest = rest.partition(".")
        nonce, _, ciphertext = rest.partition(".")
        remedy = "Start with the key it was stored with, or store the secret again."
        if version != "v1" or key_id not in self._keys:
            raise errors.NotReady(f"The secret of {place} was sealed with another key.", remedy=remedy)
        try:
            return self._keys[key_id].decrypt(_bytes(nonce), _bytes(ciphertext), place.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise errors.NotReady(f"The secret of {place} does not open.", remedy=remedy) from error


def _derive(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"jca vault v1").derive(key.encode())


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _bytes(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
