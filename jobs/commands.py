"""What a comment commands: `/jca retry`, or the continuation form of MergeLoom. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from jobs.directives.model import Problem
from jobs.directives.problems import Notes
from jobs.directives.visible import Line, read_lines
from jobs.nearest import listed, nearest
from jobs.ticket import Flavor

Typed = Literal["retry", "cancel", "continue", "explain", "autofix"]
VERBS: tuple[Typed, ...] = get_args(Typed)

Verb = Typed | Literal["unclear"]
"""What is asked for; `unclear` cannot be typed: it is a command in which a word is wrong."""

LONGEST = 64 * 1024  # characters of a comment that are looked through; trackers allow about as many
MOST_WORDS = 8 * 1024  # characters handed on

_COMMAND = re.compile(r" {0,3}\\?/jca(?:[ \t]+(\S+)(?:[ \t]+(\S.*)?)?)?\s*\Z", re.IGNORECASE | re.ASCII)

# `MergeLoom - `, `MergeLoom: ` or `MergeLoom -> ` begins a comment with which MergeLoom goes on with a ticket's work
_CONTINUATION = re.compile(r" {0,3}MergeLoom(?::|[ \t]+->?)(?:[ \t]+(.*))?\Z", re.IGNORECASE | re.ASCII)


class Asked(BaseModel):
    """One command."""

    model_config = ConfigDict(frozen=True)

    verb: Verb
    words: str = ""
    """`on` or `off` after `autofix`; after `continue` all that follows, the lines below included; of an `unclear` one
    what is to be said to its author."""


class Read(BaseModel):
    """How a comment reads: a command, something like one that means nothing here, or neither."""

    model_config = ConfigDict(frozen=True)

    asked: Asked | None = None
    error: Problem | None = None
    warnings: tuple[Problem, ...] = ()


def read_command(text: str, flavor: Flavor = "markdown") -> Read:
    """Read the first command of a comment. Never raises; linear in the length of `text`.

    A command begins a line that the reader sees as the author's own words: not code, not a quote, not hidden. A
    further one is not carried out, and named in a warning; below `continue` it belongs to the words.
    """
    if "/jca" not in text.lower() and "mergeloom" not in text.lower():
        return Read()
    shown = (line for line in read_lines(text[:LONGEST], flavor) if not line.hidden)
    is_first = True
    for line in shown:
        if is_first and (continuation := _CONTINUATION.match(line.text)):
            return Read(asked=Asked(verb="continue", words=_words(continuation[1] or "", shown)))
        if command := _COMMAND.match(line.text):
            return _understood(line, command[1] or "", (command[2] or "").strip(), shown)
        is_first = is_first and not line.text.strip()
    return Read()


def text_hash(text: str) -> str:
    """SHA-256 of a comment's text, hexadecimal: what a command is bound to."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _understood(line: Line, word: str, rest: str, below: Iterator[Line]) -> Read:
    verb = next((known for known in VERBS if known == word.casefold()), None)
    if verb is None:
        return _unknown(line, word)
    if verb == "continue":
        return Read(asked=Asked(verb=verb, words=_words(rest, below)))
    if verb == "autofix" and rest.casefold() not in {"on", "off"}:
        return _unclear("/jca autofix takes on or off.")
    notes = Notes()
    for further in below:
        if not notes.full and _COMMAND.match(further.text):
            message = f"Only the first command of a comment counts, on line {line.number}; this one is not carried out."
            notes.add("extra_command_ignored", message, line=further.number)
    words = rest.casefold() if verb == "autofix" else rest[:MOST_WORDS]
    return Read(asked=Asked(verb=verb, words=words), warnings=notes.problems())


def _unknown(line: Line, word: str) -> Read:
    told = f"There is no such command; /jca takes {listed(VERBS)}."
    if near := nearest(word, VERBS):
        return _unclear(f"{told} Did you mean /jca {near}?")
    return Read(error=Problem(code="unknown_command", message=told, line=line.number))


def _unclear(why: str) -> Read:
    """A command that somebody meant to give, with the words that help them; never any of their own."""
    return Read(asked=Asked(verb="unclear", words=why))


def _words(first: str, below: Iterator[Line]) -> str:
    return "\n".join([first, *(line.text for line in below)]).strip()[:MOST_WORDS]
