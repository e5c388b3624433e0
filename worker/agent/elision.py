"""Shortening long output so that its beginning and its end stay readable."""

from __future__ import annotations

HEAD_SHARE = 0.4  # of the room; what went wrong tends to stand at the end


def elide(text: str, cap: int) -> str:
    """Keep at most `cap` characters of `text`, from both ends, with a marker that says how many are missing."""
    if len(text) <= cap:
        return text
    head = int(cap * HEAD_SHARE)
    tail = cap - head
    missing = len(text) - cap
    return f"{text[:head]}\n[… {missing} characters left out …]\n{text[len(text) - tail :]}"
