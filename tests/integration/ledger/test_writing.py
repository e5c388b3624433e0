"""Transactions as functions, on every database JCA runs on."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from jobs.ledger import configuration
from jobs.ledger.database import Ledger, Transaction


def _add(tx: Transaction, name: str) -> None:
    configuration.set_mark(tx, name, "there")


def _add_and_fail(tx: Transaction, name: str) -> None:
    _add(tx, name)
    raise LookupError(name)


async def _write_elsewhere(url: str, name: str) -> None:
    other = Ledger.open(url)
    await other.write(_add, name)
    await other.close()


async def test_of_writes_at_once_each_fails_alone(ledger: Ledger) -> None:
    works = [ledger.write(_add_and_fail if number % 3 == 0 else _add, f"m-{number}") for number in range(30)]

    outcomes = await asyncio.gather(*works, return_exceptions=True)

    failed = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, LookupError)]
    assert failed == list(range(0, 30, 3))
    kept = [await ledger.read(configuration.mark, f"m-{number}") for number in range(30)]
    assert [number for number, mark in enumerate(kept) if not mark] == failed


async def test_a_read_sees_one_moment_whatever_is_committed_meanwhile(ledger: Ledger, url: str) -> None:
    def look_twice(tx: Transaction) -> tuple[str, str]:
        before = configuration.mark(tx, "m")
        with ThreadPoolExecutor(1) as elsewhere:
            elsewhere.submit(asyncio.run, _write_elsewhere(url, "m")).result()
        return before, configuration.mark(tx, "m")

    assert await ledger.read(look_twice) == ("", "")
    assert await ledger.read(configuration.mark, "m") == "there"


async def test_a_read_can_change_nothing(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"(?i)read.?only"):
        await ledger.read(_add, "m")

    assert await ledger.read(configuration.mark, "m") == ""


async def test_what_was_asked_for_before_the_end_is_done(ledger: Ledger, url: str) -> None:
    other = Ledger.open(url)
    asked = [asyncio.create_task(other.write(_add, f"m-{number}")) for number in range(10)]
    await asyncio.sleep(0)

    await asyncio.gather(*asked, other.close())

    assert [await ledger.read(configuration.mark, f"m-{number}") for number in range(10)] == ["there"] * 10
