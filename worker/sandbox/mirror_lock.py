"""The lock of a mirror: one process works in it at a time, and one that sleeps keeps nobody waiting.

The kernel lets go of a lock when its process dies, but not when the process is stopped or frozen. So whoever holds a
lock shows a sign of life every second; who waits and sees none for a while puts a lock of its own in its place.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

SIGN = 1.0  # seconds between two signs of life
ASLEEP = 10.0  # seconds without a sign after which a holder is taken to sleep
_POLL = 0.05  # seconds between two looks at a lock somebody else holds

_Sign = tuple[int, int]
"""Which file the lock is, and when its holder last showed life."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Lock:
    """A lock that is held."""

    file: Path
    descriptor: int
    inherited: bool
    """Whether it was put in the place of one whose holder slept."""

    @property
    def in_place(self) -> bool:
        """Whether nobody has put another in its place."""
        try:
            return os.path.samestat(self.file.stat(), os.fstat(self.descriptor))
        except FileNotFoundError:
            return False

    @property
    def undisputed(self) -> bool:
        """Whether nobody else can be in the middle of something: neither who slept before us, nor who came after."""
        return not self.inherited and self.in_place


@asynccontextmanager
async def locked(mirror: Path, asleep: float = ASLEEP) -> AsyncIterator[Lock]:
    """Hold the lock beside `mirror`; a holder that shows no life for `asleep` seconds loses it."""
    mirror.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = await _obtained(mirror.with_suffix(".lock"), asleep)
    signs = asyncio.create_task(_show_life(lock))
    try:
        yield lock
    finally:
        signs.cancel()
        os.close(lock.descriptor)


async def _show_life(lock: Lock) -> None:
    while True:
        os.utime(lock.descriptor)
        await asyncio.sleep(SIGN)


async def _obtained(file: Path, asleep: float) -> Lock:
    seen, looks = (0, 0), 0  # looks and not seconds: where both were frozen, no time has passed
    while True:
        found = _tried(file)
        if isinstance(found, Lock):
            return found
        seen, looks = found, looks + 1 if found == seen else 0
        if looks * _POLL > asleep and (lock := _succeeded(file, seen)):
            log.warning("mirror_lock_inherited", lock=file.name, asleep=asleep)
            return lock
        await asyncio.sleep(_POLL)


def _tried(file: Path) -> Lock | _Sign:
    """The lock, or what its present holder shows."""
    lock = Lock(file, os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), inherited=False)
    if _taken(lock.descriptor) and lock.in_place:
        os.utime(lock.descriptor)  # at once, so that nobody takes us for who held it before
        return lock
    found = _shown(os.fstat(lock.descriptor))
    os.close(lock.descriptor)
    return found


def _shown(status: os.stat_result) -> _Sign:
    return status.st_ino, status.st_mtime_ns


def _succeeded(file: Path, sleeper: _Sign) -> Lock | None:
    """A lock in the place of the sleeper's; None when somebody else was quicker, or it has woken up."""
    guard = os.open(file.with_suffix(".succession"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if not _taken(guard) or _shown(file.stat()) != sleeper:  # in this order: else two could succeed one sleeper
            return None
        descriptor, fresh = tempfile.mkstemp(dir=file.parent)
        _taken(descriptor)
        Path(fresh).replace(file)
        return Lock(file, descriptor, inherited=True)
    finally:
        os.close(guard)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
