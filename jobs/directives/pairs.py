"""What stands on a line of a block: `key=value` pairs, quoted or not, several divided by spaces or `;`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from jobs.directives.problems import Rejected
from jobs.nearest import nearest

KEYS = (
    "work_repos",
    "context_repos",
    "context_files",
    "context_folders",
    "inline_context",
    "provider",
    "model",
    "base",
    "budget",
    "timeout",
    "effort",
    "plan",
)
ALIASES = {"repo": "work_repos"}
IGNORED = "x-"
"""Keys that begin like this are for other tools; their lines are passed over."""
LONGEST_VALUE = 4096  # characters

_PLAIN = re.compile(r"([a-z_]+)=([A-Za-z0-9._/:@+-]{1,200})\Z")
"""What nearly every line is: one pair that needs no quotes."""
_BULLET = re.compile(r"[ \t]*(?:[-*+\u2022][ \t]+)?")
_SPACE = re.compile(r"[\s;]*")
_KEY = re.compile(r"([^\s=:;]+)[ \t]*[=:][ \t]*")
_BARE = re.compile(r"[^\s;,]*")
_ESCAPED = re.compile(r"\\([\[\]_])")
_QUOTES = {'"': '"', "'": "'", "`": "`", "\u201c": "\u201d", "\u201d": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_FORBIDDEN = {
    "Cc": ("control_char", "a control character"),
    "Cs": ("control_char", "half of a character"),
    "Zl": ("control_char", "a line separator"),
    "Zp": ("control_char", "a paragraph separator"),
    "Cf": ("invisible_char", "an invisible character"),
}


class Pair(NamedTuple):
    """One key with its value as written, without its quotes."""

    key: str
    value: str
    line: int


def read_pairs(text: str, line: int) -> list[Pair]:
    """The pairs of one line of a block, in order; none for an empty line or a comment (`#`, `//`).

    Editors escape brackets and underscores with a backslash, which readers do not see; it is dropped.

    Raises:
        Rejected: the line is not made of pairs, or holds characters that must not be there.
    """
    if (plain := _PLAIN.match(text)) and (key := ALIASES.get(plain[1], plain[1])) in KEYS:
        return [Pair(key, plain[2], line)]
    text = _ESCAPED.sub(r"\1", text).rstrip()
    bullet = _BULLET.match(text)
    at = bullet.end() if bullet else 0
    if text.startswith(("#", "//"), at):
        return []
    _check_characters(text, line)
    return list(_pairs(text, at, line))


def _pairs(text: str, at: int, line: int) -> Iterator[Pair]:
    while (at := _after_space(text, at)) < len(text):
        key, at = _read_key(text, at, line)
        if key.startswith(IGNORED):
            return
        if key == "inline_context":
            yield Pair(key, _check_length(key, _unquoted(text[at:]), line), line)
            return
        value, at = _read_value(text, at, line)
        yield Pair(key, _check_length(key, value, line), line)


def _after_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _read_key(text: str, at: int, line: int) -> tuple[str, int]:
    match = _KEY.match(text, at)
    if match is None:
        near = nearest(_bare(text, at), KEYS)
        message = f"{_shown(text[at:])} is not key=value; write one pair per line and put spaces only in quotes."
        raise Rejected("not_key_value", message, line=line, suggestion=f"{near}=" if near else "")
    key = match[1].casefold()
    key = ALIASES.get(key, key)
    if key not in KEYS and not key.startswith(IGNORED):
        near = nearest(unicodedata.normalize("NFKC", key), (*KEYS, *ALIASES))
        message = f"There is no key {_shown(key)}; known are {', '.join(KEYS)}."
        raise Rejected("unknown_key", message, line=line, suggestion=near)
    return key, match.end()


def _read_value(text: str, at: int, line: int) -> tuple[str, int]:
    """A value and the position after it: one part, or several with commas and a space after each of them."""
    parts: list[str] = []
    while True:
        part, at = _read_part(text, at, line)
        parts.append(part)
        if not text.startswith(",", at):
            return ",".join(parts), at
        at += 1
        while text.startswith((" ", "\t"), at):
            at += 1


def _read_part(text: str, at: int, line: int) -> tuple[str, int]:
    closing = _QUOTES.get(text[at : at + 1])
    if closing:
        end = text.find(closing, at + 1)
        if end < 0:
            raise _unbalanced(text[at:], line)
        if _bare(text, end + 1):
            message = f"Something follows the closing quote in {_shown(text[at:])}; put a space between two pairs."
            raise Rejected("invalid_value", message, line=line)
        return text[at + 1 : end].strip(), end + 1
    part = _bare(text, at)
    if any(part.count(quote) % 2 for quote in "\"'`") or any(quote in part for quote in "\u201c\u201d"):
        raise _unbalanced(part, line)
    return part, at + len(part)


def _bare(text: str, at: int) -> str:
    match = _BARE.match(text, at)
    return match[0] if match else ""


def _unbalanced(text: str, line: int) -> Rejected:
    return Rejected("unbalanced_quote", f"A quote in {_shown(text)} has no partner; close it or drop it.", line=line)


def _unquoted(text: str) -> str:
    text = text.strip()
    closing = _QUOTES.get(text[:1])
    inner = text[1:-1]
    whole = len(text) > 1 and closing and text.endswith(closing) and closing not in inner
    return inner.strip() if whole else text


def _check_length(key: str, value: str, line: int) -> str:
    if len(value) > LONGEST_VALUE:
        message = f"The value of {key} has {len(value)} characters; at most {LONGEST_VALUE} are read."
        raise Rejected("value_too_long", message, line=line)
    return value


def _check_characters(text: str, line: int) -> None:
    if text.isascii() and text.isprintable():
        return
    for char in text:
        if char.isascii() and (char.isprintable() or char == "\t"):
            continue
        code, what = _FORBIDDEN.get(unicodedata.category(char), ("", ""))
        if char in _BIDI:
            code, what = "bidi_control", "a character that turns the direction of the text"
        if code:
            message = f"The line holds {what} (U+{ord(char):04X}), which readers cannot see; type the line again."
            raise Rejected(code, message, line=line)


def _shown(text: str) -> str:
    """The text as a message may repeat it: short, and nothing that a tracker would act on."""
    short = text if len(text) <= 40 else f"{text[:40]}…"  # noqa: PLR2004 - characters of a message
    return '"' + "".join(char for char in short if char not in "`@<>") + '"'
