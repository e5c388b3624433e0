"""What the forms of the pages share: what stands in them, how typed text is read, how faults are said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic_core import ErrorDetails

Values = Mapping[str, str]

CHECKED = "yes"


@dataclass(frozen=True)
class Form:
    """What stands in the fields, and what is wrong with it."""

    values: Values
    """The text of each field as it was typed; `yes` where a box is ticked."""
    version: str
    """What the form was filled from; `new` for a record that is to be added."""
    problems: Mapping[str, str] = field(default_factory=dict)
    """One sentence for each field that cannot be used; under an empty name, for the form as a whole."""


def optional(text: str) -> str | None:
    """The text, or None where there is none."""
    return text.strip() or None


def names(text: str) -> tuple[str, ...]:
    """Names without spaces, separated by anything; each once."""
    return tuple(dict.fromkeys(text.replace(",", " ").split()))


def lines(text: str) -> tuple[str, ...]:
    """What stands on each line, which may hold spaces; each once."""
    return tuple(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


def is_checked(text: str) -> bool:
    """Whether a box is ticked."""
    return text == CHECKED


_NAMED = "Small letters, digits and . _ - only, beginning and ending with a letter or digit; at most 64."
_SENTENCES = {
    "string_pattern_mismatch": _NAMED,
    "string_too_short": _NAMED,
    "int_parsing": "Give a whole number.",
    "int_from_float": "Give a whole number.",
    "float_parsing": "Give a number.",
    "greater_than": "Give more than {gt:g}.",
    "greater_than_equal": "Give at least {ge:g}.",
    "less_than_equal": "Give at most {le:g}.",
    "enum": "Choose one of {expected}.",
    "literal_error": "Choose one of {expected}.",
}


def sentence(fault: ErrorDetails) -> str:
    """What is wrong with a field, for the person who typed it."""
    if fault["input"] == "" and fault["type"] not in {"enum", "literal_error"}:
        return "This cannot be empty."
    if fault["type"] == "value_error":
        said = fault["msg"].removeprefix("Value error, ")
        return f"{said[0].upper()}{said[1:]}."
    template = _SENTENCES.get(fault["type"], fault["msg"])
    return template.format(**fault.get("ctx", {})) if fault["type"] in _SENTENCES else f"{template}."
