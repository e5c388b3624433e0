"""The few mistakes the scripted model knows by sight."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Mistake:
    """A wrong piece of code that can be told from its line alone."""

    wrong: re.Pattern[str]
    right: str
    """Replacement, with the groups of `wrong`."""
    explanation: str


@dataclass(frozen=True)
class Finding:
    """A line that holds a mistake, and the line it should be."""

    line: str
    correction: str
    explanation: str


MISTAKES = (
    Mistake(
        re.compile(r"\b(\w+) \* (\w+) // 100\b"),
        r"(\1 * \2 + 50) // 100",
        "the division cut off a fraction that should have been rounded",
    ),
    Mistake(re.compile(r"\brange\(1, len\((\w+)\)\)"), r"range(len(\1))", "the loop left out the first element"),
    Mistake(
        re.compile(r"\b(\w+) > ([A-Z_]*MINIMUM[A-Z_]*)\b"), r"\1 >= \2", "the comparison left out the minimum itself"
    ),
)


def find(text: str) -> Finding | None:
    """The first known mistake in a file as the `read` tool shows it, with or without line numbers."""
    for numbered in text.splitlines():
        line = re.sub(r"^\s*\d+\t", "", numbered)
        for mistake in MISTAKES:
            if mistake.wrong.search(line):
                return Finding(line, mistake.wrong.sub(mistake.right, line), mistake.explanation)
    return None
