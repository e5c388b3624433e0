"""Deliveries in any order, again and again, to a receiver that is killed meanwhile: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from jobs.ledger import commands, deliveries, records
from jobs.ledger.database import Ledger
from tests.integration.webhooks.senders import GITHUB_SECRET, comment, issue, sign
from tests.support.installation import free_port

CLIENTS, TIMES = 20, 5
ROOT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Sent:
    """One delivery as its sender keeps it."""

    event: str
    key: str
    payload: dict[str, Any]
    secret: str = GITHUB_SECRET


def _deliveries(count: int) -> list[Sent]:
    """Of six: two tell of opening one issue, one of an issue nobody asked for, two of one comment, one is forged."""
    made = []
    for number in range(count // 6):
        asked, plain = issue(number=number + 1), issue("labeled", number=number + 1)
        other = issue(number=10_000 + number, body="Please look.", labels=())
        said = comment(number=number + 1)
        made += [
            Sent("issues", f"opened-{number}", asked),
            Sent("issues", f"labeled-{number}", plain | {"label": {"name": "jca"}}),
            Sent("issues", f"plain-{number}", other),
            Sent("issue_comment", f"comment-{number}", said),
            Sent("issue_comment", f"comment-app-{number}", said | {"installation": {"id": 1}}),
            Sent("issues", f"forged-{number}", issue(number=20_000 + number), "a-guess-of-the-secret"),
        ]
    return made


class Mortal:
    """The receiver, as a process that may die at any moment."""

    def __init__(self, file: Path) -> None:
        self.port = free_port()
        self._file = file
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = ["-m", "tests.integration.webhooks.receiver_process", str(self.port), str(self._file)]
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=ROOT, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL
        )

    async def kill(self) -> None:
        assert self._process
        self._process.kill()
        await self._process.wait()


async def _send(client: aiohttp.ClientSession, port: int, sent: Sent) -> int:
    """Send until it is answered for good, as a person redelivers what has failed."""
    body = json.dumps(sent.payload).encode()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": sent.event,
        "X-GitHub-Delivery": sent.key,
        "X-Hub-Signature-256": sign(body, sent.secret),
    }
    while True:
        try:
            async with client.post(f"http://127.0.0.1:{port}/webhooks/github", data=body, headers=headers) as answer:
                await answer.read()
                if answer.status < 500:
                    return answer.status
        except (aiohttp.ClientError, ConnectionError):
            pass
        await asyncio.sleep(0.05)


async def _storm(file: Path, count: int, kills: int, chance: random.Random) -> Counter[int]:
    made = _deliveries(count)
    queue = made * TIMES
    chance.shuffle(queue)
    waiting, codes, receiver = iter(queue), Counter[int](), Mortal(file)
    await receiver.start()

    async def client_of(session: aiohttp.ClientSession) -> None:
        for sent in waiting:
            codes[await _send(session, receiver.port, sent)] += 1

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        clients = [asyncio.create_task(client_of(session)) for _ in range(CLIENTS)]
        for number in range(kills):
            share = len(queue) * (number + 1) // (kills + 1)
            await _until(lambda share=share: _answered(codes) >= share)
            await receiver.kill()
            await receiver.start()
        await asyncio.gather(*clients)
    await receiver.kill()
    return codes


def _answered(codes: Counter[int]) -> int:
    return sum(codes.values())


async def _until(look: Callable[[], bool]) -> None:
    while not look():  # noqa: ASYNC110 - it waits for another process
        await asyncio.sleep(0.005)


async def _check(file: Path, count: int, codes: Counter[int]) -> None:
    groups = count // 6
    ledger = Ledger.open(f"sqlite:///{file}")
    jobs = await ledger.read(records.listing, records.Filter(), limit=10 * count)
    asked = await ledger.read(commands.pending, 10 * count)
    kept = await ledger.read(deliveries.recent, 10 * count)
    await ledger.close()

    assert Counter(job.ticket.key for job in jobs) == {f"acme/payments#{n + 1}": 1 for n in range(groups)}
    assert Counter(command.comment_id for command in asked) == {str(n + 1): 1 for n in range(groups)}
    assert len(kept) == 5 * groups
    assert codes[401] == groups * TIMES
    assert set(codes) == {200, 202, 401}
    assert codes[202] <= 2 * groups  # a receiver that dies after the commit has answered nobody


Storm = Callable[[int, int], Awaitable[None]]


@pytest.fixture
def storm(ledger_file: Path) -> Storm:
    seed = int(os.environ.get("JCA_SOAK_SEED") or random.randrange(2**32))

    async def run(count: int, kills: int) -> None:
        print(f"JCA_SOAK_SEED={seed}")
        await _check(ledger_file, count, await _storm(ledger_file, count, kills, random.Random(seed)))

    return run


async def test_sixty_deliveries_survive_two_deaths_of_the_receiver(storm: Storm) -> None:
    await storm(60, 2)


@pytest.mark.soak
@pytest.mark.timeout(600)
async def test_a_thousand_deliveries_survive_twelve_deaths_of_the_receiver(storm: Storm) -> None:
    await storm(1002, 12)
