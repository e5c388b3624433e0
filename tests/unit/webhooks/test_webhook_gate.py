from __future__ import annotations

import asyncio

import pytest

from jobs import errors
from webhooks.gate import Gate


async def test_no_more_than_its_places_are_inside_at_once() -> None:
    gate, inside, most = Gate(places=3, patience=60), 0, 0

    async def work() -> None:
        nonlocal inside, most
        async with gate:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(work() for _ in range(30)))

    assert most == 3


async def test_who_waits_too_long_is_sent_away_and_takes_no_place() -> None:
    gate = Gate(places=1, patience=0.02)

    async with gate:
        with pytest.raises(errors.TryAgain):
            async with gate:
                pytest.fail("a second one is inside")

    async with gate:
        pass


async def test_a_place_is_given_back_when_the_work_fails() -> None:
    gate = Gate(places=1, patience=0.02)

    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            async with gate:
                raise ZeroDivisionError
