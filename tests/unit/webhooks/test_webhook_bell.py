from __future__ import annotations

import asyncio

from webhooks.bell import PAUSE, Bell


async def test_ringing_never_waits_and_strokes_while_one_is_under_way_become_one_more() -> None:
    begun, answered, rings = asyncio.Event(), asyncio.Event(), 0

    async def wake() -> None:
        nonlocal rings
        rings += 1
        begun.set()
        await answered.wait()

    bell = Bell(wake)
    async with bell.hung():
        bell.ring()
        await begun.wait()
        for _ in range(100):
            bell.ring()
        answered.set()
        await asyncio.sleep(5 * PAUSE)

    assert rings == 2


async def test_a_failing_ring_does_not_stop_the_next() -> None:
    tried = asyncio.Semaphore(0)

    async def wake() -> None:
        tried.release()
        raise ConnectionError

    bell = Bell(wake)
    async with bell.hung():
        for _ in range(3):
            bell.ring()
            await tried.acquire()


async def test_a_ring_under_way_does_not_hold_up_the_end() -> None:
    async def wake() -> None:
        await asyncio.Event().wait()

    bell = Bell(wake)
    async with asyncio.timeout(10), bell.hung():
        bell.ring()
        await asyncio.sleep(0)
