"""The way through: a body's text becomes directives, or one error that means no job."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from jobs.directives import values
from jobs.directives.block import Block, find_block
from jobs.directives.model import Directives, Parsed
from jobs.directives.pairs import Pair, read_pairs
from jobs.directives.problems import Notes, Rejected
from jobs.directives.visible import has_bracket, read_lines

if TYPE_CHECKING:  # a ticket knows which of its labels are directives
    from jobs.ticket import Flavor

LONGEST_BODY = 1024 * 1024  # characters; trackers allow far less


def parse_directives(
    text: str | None,
    *,
    flavor: Flavor = "markdown",
    providers: Collection[str] | None = None,
) -> Parsed:
    """Read the first `[JCA]` … `[/JCA]` block of a ticket's body. Never raises; linear in the length of `text`.

    Args:
        text: the body as the tracker sent it; None reads as empty.
        flavor: how it is marked up.
        providers: names of kinds and profiles that `provider=` may use; None skips that check.

    Returns:
        `ok` with the directives, `none` when there is no block, or `error` with the first problem and its line.
        Nothing of a block with an error takes effect.
    """
    notes = Notes()
    try:
        block = _find(text or "", flavor, notes)
        directives = _read(block, providers, notes) if block else Directives()
    except Rejected as rejected:
        return Parsed(status="error", error=rejected.problem, warnings=notes.problems())
    return Parsed(status="ok" if block else "none", directives=directives, warnings=notes.problems())


def has_block(text: str, *, flavor: Flavor = "markdown") -> bool:
    """Whether `parse_directives` would find a block, usable or not, without reading what it says. Never raises."""
    try:
        return _find(text, flavor, Notes()) is not None
    except Rejected:
        return True


def _find(text: str, flavor: Flavor, notes: Notes) -> Block | None:
    if len(text) > LONGEST_BODY:
        message = f"The body has {len(text)} characters; at most {LONGEST_BODY} are read."
        raise Rejected("body_too_large", message)
    if not has_bracket(text):
        return None
    return find_block(read_lines(text, flavor, after_prose=True), notes)


def _read(block: Block, providers: Collection[str] | None, notes: Notes) -> Directives:
    fields: values.Fields = {}
    first: dict[str, tuple[int, values.Fields]] = {}
    for line in block.lines:
        for pair in read_pairs(line.text, line.number):
            read = values.read_value(pair, providers)
            if pair.key in values.LISTS:
                fields[pair.key] = tuple(dict.fromkeys((*fields.get(pair.key, ()), *read[pair.key])))
            elif pair.key == "inline_context":
                fields[pair.key] = "\n".join(filter(None, (fields.get(pair.key, ""), pair.value)))
            elif pair.key in first:
                _check_same(pair, read, first[pair.key], notes)
            else:
                first[pair.key] = pair.line, read
                fields |= read
    return Directives(**fields)


def _check_same(pair: Pair, read: values.Fields, before: tuple[int, values.Fields], notes: Notes) -> None:
    line, fields = before
    if read != fields:
        message = f"{pair.key} already has another value on line {line}; keep one of them."
        raise Rejected("duplicate_key", message, line=pair.line)
    message = f"{pair.key} has the same value as on line {line}; one is enough."
    notes.add("duplicate_key_same_value", message, line=pair.line)
