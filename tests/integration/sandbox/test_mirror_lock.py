"""The lock of a mirror, held by processes that work, wait, sleep and wake up."""

from __future__ import annotations

import asyncio
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.integration.sandbox.conftest import Upstream
from worker.sandbox import mirror
from worker.sandbox.mirror import Mirrors
from worker.sandbox.mirror_lock import SIGN, locked

HOLDER = """
import asyncio, sys
from pathlib import Path
from worker.sandbox.mirror_lock import locked

async def hold():
    async with locked(Path(sys.argv[1])) as lock:
        print("holds", flush=True)
        while lock.undisputed:
            await asyncio.sleep(0.01)
        print("lost", flush=True)

asyncio.run(hold())
"""
SHORT = 0.3  # seconds


@asynccontextmanager
async def asleep(place: Path) -> AsyncIterator[Process]:
    """A process that is stopped while it holds the lock of `place`."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HOLDER, str(place), stdout=PIPE)
    assert process.stdout
    assert await process.stdout.readline() == b"holds\n"
    process.send_signal(signal.SIGSTOP)
    yield process
    process.kill()
    await process.wait()


async def test_who_sleeps_loses_the_lock_and_notices_when_it_wakes(tmp_path: Path) -> None:
    async with asleep(tmp_path / "shop.git") as sleeper:
        async with locked(tmp_path / "shop.git", SHORT) as lock:
            assert lock.in_place
            assert not lock.undisputed
        sleeper.send_signal(signal.SIGCONT)
        assert sleeper.stdout
        assert await sleeper.stdout.readline() == b"lost\n"

    async with locked(tmp_path / "shop.git") as lock:
        assert lock.undisputed


async def test_who_works_longer_than_a_sleeper_may_keeps_the_lock(tmp_path: Path) -> None:
    waiter = partial(locked, tmp_path / "shop.git", SIGN + SHORT)
    ended = list[str]()

    async def wait() -> None:
        async with waiter() as lock:
            ended.append("waiter")
            assert lock.undisputed

    async with locked(tmp_path / "shop.git") as lock:
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(2 * SIGN + SHORT)
        assert lock.undisputed
        ended.append("holder")
    await waiting

    assert ended == ["holder", "waiter"]


async def test_of_those_who_wait_for_a_sleeper_one_is_in_at_a_time(tmp_path: Path) -> None:
    inside, most = 0, 0

    async def enter() -> None:
        nonlocal inside, most
        async with locked(tmp_path / "shop.git", SHORT):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.02)
            inside -= 1

    async with asleep(tmp_path / "shop.git"):
        await asyncio.gather(*(enter() for _ in range(8)))

    assert most == 1


async def test_what_a_sleeper_is_in_the_middle_of_is_left_alone(
    upstream: Upstream, mirrors: Mirrors, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await mirrors.sync(upstream.url, "main")
    unfinished = made.mirror / "packed-refs.lock"
    unfinished.touch()

    monkeypatch.setattr(mirror, "locked", partial(locked, asleep=SHORT))
    async with asleep(made.mirror):
        assert await mirrors.sync(upstream.url, "main") == made
        assert unfinished.exists()
    assert await mirrors.sync(upstream.url, "main") == made
    assert not unfinished.exists()
