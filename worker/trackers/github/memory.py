"""What GitHub answered before, so that asking again costs nothing of the rate limit when nothing changed.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

ENTRIES = 256
LARGEST = 256 * 1024  # bytes of one body


@dataclass(frozen=True)
class Remembered:
    """An answer and the name of its state."""

    etag: str
    body: bytes
    next_page: str


class Memory:
    """The last answers to reads, by who asked for what."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], Remembered] = OrderedDict()

    def recall(self, account: str, url: str, params: Mapping[str, str]) -> Remembered | None:
        """What this account was told, if it is still known."""
        key = _key(account, url, params)
        if key in self._known:
            self._known.move_to_end(key)
        return self._known.get(key)

    def keep(self, account: str, url: str, params: Mapping[str, str], answer: Remembered) -> None:
        """Remember an answer in place of an earlier one."""
        if len(answer.body) > LARGEST:
            return
        self._known[_key(account, url, params)] = answer
        if len(self._known) > ENTRIES:
            self._known.popitem(last=False)


def _key(account: str, url: str, params: Mapping[str, str]) -> tuple[str, ...]:
    return (account, url, *(f"{name}={value}" for name, value in sorted(params.items())))
