"""Writes to a ledger again and again, once two others do the same, until all three have written 300 times."""

from __future__ import annotations

import asyncio
import sys

from jobs.ledger import configuration
from jobs.ledger.database import Ledger, Transaction

CREW = ("a", "b", "c")
ENOUGH = 300


def _count(tx: Transaction, name: str, more: int) -> int:
    """Add to one's own number; returns the sum of all, or -1 until everybody has one."""
    mine = int(configuration.mark(tx, name) or 0)
    configuration.set_mark(tx, name, str(mine + more))
    numbers = [configuration.mark(tx, member) for member in CREW]
    return sum(map(int, numbers)) if all(numbers) else -1


async def main(url: str, name: str) -> None:
    ledger = Ledger.open(url)
    mine, total = 0, await ledger.write(_count, name, 0)
    while total < ENOUGH:
        more = int(total >= 0)
        mine, total = mine + more, await ledger.write(_count, name, more)
    print(mine)
    await ledger.close()


asyncio.run(main(*sys.argv[1:]))
