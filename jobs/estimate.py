"""When a waiting job will probably start, from how long others took. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median


def start_in(position: int, durations: Sequence[float], elapsed: Sequence[float], slots: int) -> float | None:
    """Seconds until a job starts.

    Args:
        position: its place in line, counted from 1.
        durations: seconds that recent runs of the same account took.
        elapsed: seconds since each run of the account that is under way began.
        slots: how many of its runs can be under way at a time.

    Returns:
        None where nothing can be said: no worker, or no run has ended yet.
    """
    if slots < 1 or not durations:
        return None
    typical = median(durations)
    busy = sorted(max(typical - seconds, 0.0) for seconds in elapsed)[:slots]
    free_in = [0.0] * (slots - len(busy)) + busy
    rounds, slot = divmod(position - 1, slots)
    return free_in[slot] + rounds * typical
