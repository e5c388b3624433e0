"""Presence: which workers are there, and what each of them can run."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict
from redis.asyncio import Redis

from jobs.queue.connection import answering
from jobs.queue.scripts import Scripts
from jobs.readiness import Readiness

VERSION = 1


class _Record(BaseModel):
    """What a worker publishes. Of a newer version only the worker's name is believed."""

    model_config = ConfigDict(frozen=True)

    v: int = VERSION
    readiness: tuple[Readiness, ...] = ()
    slots: int = 1
    """How many jobs it runs at a time."""


class Presence:
    """The board on which workers say what they can run.

    Every method raises `errors.TryAgain` while Redis does not answer.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    async def publish(self, worker: str, readiness: Sequence[Readiness], ttl: float, slots: int = 1) -> None:
        """Say what a worker can run; anything new wakes idle workers.

        Args:
            worker: the worker's name.
            readiness: everything it found out; replaces what it said before.
            ttl: seconds without another word after which the worker counts as gone.
            slots: how many jobs it runs at a time.
        """
        record = _Record(readiness=tuple(readiness), slots=slots).model_dump_json()
        with answering():
            await self._scripts.publish(args=[worker, record, int(ttl * 1000)])

    async def readiness(self) -> list[Readiness]:
        """What the workers that are there can run, by worker."""
        records = await self._records()
        return [known for record in records.values() if record.v <= VERSION for known in record.readiness]

    async def workers(self) -> list[str]:
        """Names of the workers that are there, sorted."""
        return list(await self._records())

    async def slots(self) -> dict[str, int]:
        """How many jobs each worker that is there runs at a time."""
        return {name: record.slots for name, record in (await self._records()).items()}

    async def _records(self) -> dict[str, _Record]:
        with answering():
            names = sorted(name.decode() for name in await self._redis.zrange("jca:workers", 0, -1))
            kept = await self._redis.mget([f"jca:worker:{name}" for name in names]) if names else []
        said = zip(names, kept, strict=True)
        return {name: _read(blob) for name, blob in said if blob is not None}


def _read(blob: bytes) -> _Record:
    version = _Version.model_validate_json(blob)
    return _Record.model_validate_json(blob) if version.v <= VERSION else _Record(v=version.v)


class _Version(BaseModel):
    v: int
