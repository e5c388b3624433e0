"""A limit on how much is done at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from jobs import errors


class Gate:
    """Lets so many through at a time, in order of arrival; the rest waits, but not for long."""

    def __init__(self, places: int, patience: float) -> None:
        """Make a gate of `places`; `patience` is how many seconds one may wait for one of them."""
        self._places = asyncio.Semaphore(places)
        self._patience = patience

    @asynccontextmanager
    async def enter(self) -> AsyncIterator[None]:
        """Hold a place.

        Raises:
            errors.TryAgain: none came free in time.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise errors.TryAgain("The receiver has too much to do at this moment.") from None
        try:
            yield
        finally:
            self._places.release()
