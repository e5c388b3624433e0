"""The first two steps of trying any access: whether something answers there, and as whom it knows us."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from jobs import errors
from jobs.readiness import Step


async def introduce(address: str, ask: Callable[[], Awaitable[str]]) -> tuple[Step, ...]:
    """Ask who we are; the last step is not ok where all further ones would be pointless."""
    reached = Step(name="reach", ok=True, detail=address)
    try:
        name = await ask()
    except errors.TryAgain as error:
        return (Step(name="reach", ok=False, detail=error.message, remedy=error.remedy),)
    except errors.JcaError as error:
        return reached, Step(name="authenticate", ok=False, detail=error.message, remedy=error.remedy)
    return reached, Step(name="authenticate", ok=True, detail=f"as {name}")
