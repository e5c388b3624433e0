from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from worker.agent.elision import elide

MARKER = re.compile(r"\n\[… (\d+) characters left out …\]\n")


@given(text=st.text(max_size=400), cap=st.integers(1, 300))
def test_both_ends_stay_and_the_marker_tells_exactly_what_is_missing(text: str, cap: int) -> None:
    shown = elide(text, cap)

    if len(text) <= cap:
        assert shown == text
        return
    marker = MARKER.search(shown)
    assert marker
    head, tail = shown[: marker.start()], shown[marker.end() :]
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) + len(tail) + int(marker[1]) == len(text)
    assert len(head) + len(tail) == cap
