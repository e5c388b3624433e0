"""Keeping secrets out of logs, pages, comments and prompts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from jobs import errors

MASK = "•••"

_SHAPES = re.compile(
    r"""
    \b(?:ghp|gho|ghu|ghr|ghs)_[A-Za-z0-9._-]{20,}     # GitHub; `ghs_` tokens may be a JWT of any length
    | \bgithub_pat_[A-Za-z0-9_]{20,}
    | \bsk-[A-Za-z0-9_-]{16,}                         # OpenAI, Anthropic and the many that copy them
    | \bAIza[A-Za-z0-9_-]{30,}
    | \b(?:AKIA|ASIA)[A-Z0-9]{16}\b
    | \bxox[abprs]-[A-Za-z0-9-]{10,}
    | (?<=://)[^/\s:@]+:[^/\s@]+(?=@)                 # user:password in a URL
    | (?i:(?<=bearer\s))[A-Za-z0-9._~+/=-]{8,}
    | -----BEGIN[ A-Z]*PRIVATE\ KEY-----[\s\S]*?(?:-----END[ A-Z]*PRIVATE\ KEY-----|\Z)
    """,
    re.VERBOSE,
)

_USERINFO = re.compile(r"\A(https?://)[^/\s@]*@|\A(ssh://[^/\s@:]*):[^/\s@]*(?=@)")

_MARKS = (
    *("ghp_", "gho_", "ghu_", "ghr_", "ghs_", "github_pat_", "sk-", "aiza", "akia", "asia", "xox"),
    *("://", "bearer", "private key"),
)
"""One of these is in every text that has one of the shapes, in lower case; looking for them is much quicker."""

SHORTEST = 6  # characters; masking shorter values would garble ordinary words


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Mask what looks like a credential, and every one of `secrets` literally."""
    for secret in sorted((s for s in secrets if len(s) >= SHORTEST), key=len, reverse=True):
        text = text.replace(secret, MASK)
    lowered = text.lower()
    return _SHAPES.sub(MASK, text) if any(mark in lowered for mark in _MARKS) else text


def without_credentials(address: str) -> str:
    """A repository's address without what logs in to it: user and password of `https://`, the password of `ssh://`."""
    return _USERINFO.sub(lambda match: match[1] or match[2], address)


def masked(address: str) -> str:
    """A repository's address with its credential as `•••`, to be shown where it may be changed."""
    return _USERINFO.sub(lambda match: f"{match[1]}{MASK}@" if match[1] else f"{match[2]}:{MASK}", address)


def unmasked(address: str, earlier: str) -> str:
    """An address as somebody gave it, with the credential of the earlier one where that was left as it was shown.

    Raises:
        errors.BadInput: it is another address, with a credential that nobody knows.
    """
    if address == masked(earlier):
        return earlier
    if MASK in address:
        message = f"The credential {MASK} belongs to the address as it was."
        raise errors.BadInput(message, remedy="Write the credential anew, or leave it out.")
    return address
