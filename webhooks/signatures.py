"""Who sent this: HMAC-SHA256 over the raw bytes of the body. Pure, and in constant time where it compares."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import SecretStr

Kind = Literal["github", "local"]

HEADERS: dict[Kind, str] = {
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    # The SHA-1 header GitHub still sends beside it is never looked at.
    "github": "X-Hub-Signature-256",
    "local": "X-JCA-Signature-256",
}
"""Where each kind of source puts its signature, as `sha256=<64 hexadecimal digits>`."""

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")


@dataclass(frozen=True)
class Verified:
    """The body is what a holder of the secret sent."""

    secret: int
    """Position of the secret that matched, from 0: tells when an old one is no longer used and can go."""


@dataclass(frozen=True)
class Forged:
    """The body cannot be believed."""

    reason: str
    """For our log alone; the sender is told nothing."""


def verify(kind: Kind, headers: Mapping[str, str], body: bytes, secrets: Sequence[SecretStr]) -> Verified | Forged:
    """Check the signature of a delivery.

    Args:
        kind: of the source; it decides which header counts.
        headers: of the request, looked up without regard to case.
        body: the bytes as received, before any decoding.
        secrets: any of them may have signed; an empty one never verifies anything.
    """
    given = headers.get(HEADERS[kind], "")
    match = _SIGNATURE.fullmatch(given)
    if match is None:
        return Forged("signature_unreadable" if given else "signature_missing")
    signature = bytes.fromhex(match[1])
    matches = [_signed_with(secret.get_secret_value(), body, signature) for secret in secrets]
    return Verified(matches.index(True)) if any(matches) else Forged("signature_mismatch")


def _signed_with(secret: str, body: bytes, signature: bytes) -> bool:
    digest = hmac.digest(secret.encode(), body, hashlib.sha256)
    return bool(secret) and hmac.compare_digest(digest, signature)
