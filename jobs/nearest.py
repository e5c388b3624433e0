"""The nearest valid word to one that is not: what every "did you mean" of this project says."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

LONGEST = 128  # characters; no name is longer, and the comparison takes time by the square of it

LIKENESS = 0.65  # of 1; at the usual 0.6 "please" is near "plan"


def nearest(word: str, words: Iterable[str]) -> str:
    """The one of `words` that looks most like `word`, without regard to case; empty when none comes near."""
    by_folded = {candidate.casefold(): candidate for candidate in words}
    matches = difflib.get_close_matches(word[:LONGEST].casefold(), by_folded, n=1, cutoff=LIKENESS)
    return by_folded[matches[0]] if matches else ""


def listed(words: Iterable[str]) -> str:
    """The words as a person lists them: `a, b and c`; `nothing` when there are none."""
    *first, last = list(words) or ["nothing"]
    return f"{', '.join(first)} and {last}" if first else last
