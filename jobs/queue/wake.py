"""The channel that wakes idle workers and reaches running jobs. A lost word costs one poll or one heartbeat."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redis.asyncio import Redis

from jobs.queue.connection import OUTAGE, RETRY

CHANNEL = "jca:wake"
EVERYBODY = "*"
STOP = "!"
"""Before a dispatch id: stop it where it runs. Any other word is an account that has something to run."""


async def listen(redis: Redis, heard: Callable[[str], None]) -> None:
    """Pass every word on, until cancelled; outlives a server that goes away.

    Whoever listens is also woken after each subscription, since words may have been missed before it.
    """
    while True:
        try:
            async with redis.pubsub(ignore_subscribe_messages=True) as channel:
                await channel.subscribe(CHANNEL)
                heard(EVERYBODY)
                while True:
                    if message := await channel.get_message(timeout=2):
                        heard(message["data"].decode())
        except OUTAGE:
            await asyncio.sleep(RETRY)
