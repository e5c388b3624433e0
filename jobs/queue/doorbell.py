"""A doorbell between processes: the receiver rings, the gateway's duties wake. A lost ring costs one poll."""

from __future__ import annotations

import asyncio

from redis.asyncio import Redis
from redis.exceptions import RedisError

CHANNEL = "jca:doorbell"


class Doorbell:
    """Rings and listens on one channel."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._rung = asyncio.Event()

    async def ring(self) -> None:
        """Say that there is something to do; never fails, since the duties look by themselves as well."""
        try:
            await self._redis.publish(CHANNEL, b"1")
        except (RedisError, OSError):
            return

    def ring_here(self) -> None:
        """Wake this process alone."""
        self._rung.set()

    async def wait(self, seconds: float) -> None:
        """Return at the next ring, or after this many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return
        finally:
            self._rung.clear()

    async def listen(self) -> None:
        """Pass on what other processes ring, until cancelled; outlives a Redis that goes away."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CHANNEL)
                    while True:
                        if await channel.get_message(timeout=2):
                            self._rung.set()
            except (RedisError, OSError):
                await asyncio.sleep(1)
