"""What every Redis stream of ours has in common: ids that say when, and reading on from one of them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from redis.asyncio import Redis

from jobs import errors

LONGEST_BLOCK = 2.0  # seconds one call waits; less than a command may take on our connections

_ID = re.compile(r"\d{1,19}(-\d{1,19})?", re.ASCII)

Entry = tuple[bytes, dict[bytes, bytes]]
"""Id and fields."""


async def read(redis: Redis, stream: str, after: str, count: int, wait: float) -> list[Entry]:
    """Read entries after an id, oldest first.

    Args:
        redis: where the stream is.
        stream: its key.
        after: an entry's id, or `0` to begin with the oldest.
        count: how many at most.
        wait: seconds to wait for the first, two at most; 0 does not wait.

    Raises:
        errors.BadInput: `after` is no id.
    """
    block = max(int(min(wait, LONGEST_BLOCK) * 1000), 0) or None  # to Redis a BLOCK of 0 would mean forever
    found = await redis.xread({stream: checked(after)}, count=count, block=block)
    return [entry for _, entries in found for entry in entries]


def checked(entry_id: str) -> str:
    """The id, which may come from a browser's header.

    Raises:
        errors.BadInput: it is none.
    """
    if not _ID.fullmatch(entry_id):
        raise errors.BadInput(f"{entry_id[:40]!r} is not the id of an event, such as 1763679000000-0.")
    return entry_id


def moment(entry_id: str) -> datetime:
    """When the entry with this id was added, by the server's clock."""
    return datetime.fromtimestamp(int(entry_id.partition("-")[0]) / 1000, UTC)
