"""A limit on how much is done at once."""

from __future__ import annotations

import asyncio
from types import TracebackType

from jobs import errors


class Gate:
    """Lets so many through at a time, in order of arrival; the rest waits, but not for ever.

    `async with gate` holds a place, and raises `errors.TryAgain` when none came free in time.

    Args:
        places: how many may be inside.
        patience: seconds that anybody waits.
    """

    def __init__(self, places: int, patience: float) -> None:
        self._places = asyncio.Semaphore(places)
        self._patience = patience

    async def __aenter__(self) -> None:
        if not self._places.locked():
            await self._places.acquire()  # at once: no timer has to be set and cleared
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise errors.TryAgain("The receiver has too much to do at this moment.") from None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
