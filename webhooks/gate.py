"""A limit on how much is done at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jobs import errors


class Gate:
    """Lets so many through at a time, in order of arrival; the rest waits, but not for ever."""

    def __init__(self, places: int) -> None:
        self._places = asyncio.Semaphore(places)

    @asynccontextmanager
    async def enter(self, until: float) -> AsyncIterator[None]:
        """Hold a place.

        Args:
            until: moment of the event loop's clock after which one no longer waits.

        Raises:
            errors.TryAgain: no place came free in time.
        """
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            raise errors.TryAgain("The receiver has too much to do at this moment.") from None
        try:
            yield
        finally:
            self._places.release()
