"""Names of the branches we push, made from ticket text that anybody may have written."""

from __future__ import annotations

import hashlib
import re
import unicodedata

PREFIX = "jca/"
LONGEST = 60  # characters of the whole name
_LONGEST_KEY = 32  # characters

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def branch_name(key: str, title: str) -> str:
    """The branch for a ticket: `jca/<key>-<slug>`, of `a-z`, `0-9` and `-` only, at most `LONGEST` characters.

    Two keys share a name only when they differ in nothing but case and punctuation: a key that is too long or
    loses letters on its way to ASCII gets a piece of its hash.
    """
    name = PREFIX + _key(key)
    first, *others = _words(title) or [""]
    name = f"{name}-{first}"[:LONGEST].rstrip("-")
    for word in others:
        if len(name) + 1 + len(word) > LONGEST:
            break
        name = f"{name}-{word}"
    return name


def _key(key: str) -> str:
    slug = "-".join(_words(key))
    if key.isascii() and 0 < len(slug) <= _LONGEST_KEY:
        return slug
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "-".join(filter(None, (slug[: _LONGEST_KEY - 9].strip("-"), digest)))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return _NOT_WORD.sub(" ", plain).split()
