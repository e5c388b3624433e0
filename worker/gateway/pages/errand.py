"""What pages show of an errand, and how a form without scripts waits for it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, suppress

from jobs.errand import Errand, Progress
from jobs.errors import NotFound, TryAgain
from worker.gateway.services import Services

PATIENCE = 20.0  # seconds a form waits for the end of its errand


async def over(services: Services, errand: Errand) -> None:
    """Wait until an errand is over, or for a while."""
    with suppress(TimeoutError, NotFound):
        async with asyncio.timeout(PATIENCE), aclosing(services.errands.follow(errand.id)) as words:
            async for _ in words:
                pass


async def workers(services: Services) -> list[str]:
    """Who could do one; nobody while Redis does not answer."""
    try:
        return await services.presence.workers()
    except TryAgain:
        return []


async def look(services: Services, errand_id: str) -> Progress | None:
    """What the page was asked to show of an errand; none where it is over for long."""
    try:
        return await services.errands.look(errand_id) if errand_id else None
    except (NotFound, TryAgain):
        return None
