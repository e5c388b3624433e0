"""Who sent a Jira delivery: a signature over the raw body, or the token that an Automation rule shows. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence

from pydantic import SecretStr

from webhooks.signatures import Forged, Verified

SIGNATURE_HEADER = "X-Hub-Signature"
"""Of webhooks with a secret, as `sha256=<64 hexadecimal digits>`:
https://developer.atlassian.com/cloud/jira/platform/webhooks/#secure-admin-webhooks. The name has no `-256`."""

TOKEN_HEADER = "X-JCA-Token"  # noqa: S105 - the name of a header
"""What "Send web request" of Automation sends as a hidden header, since it signs nothing."""

_SIGNATURE = re.compile(r"sha256=([0-9a-fA-F]{64})")


def verify_jira(headers: Mapping[str, str], body: bytes, secrets: Sequence[SecretStr]) -> Verified | Forged:
    """Check a delivery; where it is signed, the signature alone decides.

    Args:
        headers: of the request, looked up without regard to case.
        body: the bytes as received, before any decoding.
        secrets: any of them may have signed, or be the token; an empty one never proves anything.
    """
    signature, token = headers.get(SIGNATURE_HEADER, ""), headers.get(TOKEN_HEADER, "")
    if signature:
        match = _SIGNATURE.fullmatch(signature)
        if match is None:
            return Forged("signature_unreadable")
        given = bytes.fromhex(match[1])
        proofs = [hmac.digest(secret.get_secret_value().encode(), body, hashlib.sha256) for secret in secrets]
        reason = "signature_mismatch"
    elif token:
        given = token.encode("utf-8", "surrogateescape")
        proofs = [secret.get_secret_value().encode() for secret in secrets]
        reason = "token_mismatch"
    else:
        return Forged("signature_missing")
    pairs = zip(secrets, proofs, strict=True)
    matches = [hmac.compare_digest(proof, given) and bool(secret.get_secret_value()) for secret, proof in pairs]
    return Verified(matches.index(True)) if any(matches) else Forged(reason)
