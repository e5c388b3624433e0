"""Connections on which a cancellation is never lost.

redis-py sends within `asyncio.wait_for`, which on Python 3.11 swallows a cancellation that arrives just as the send is
done (https://github.com/python/cpython/issues/86296). A run that reports while it is cancelled would then go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection, Connection, SSLConnection, UnixDomainSocketConnection


class _Prompt(AbstractConnection):
    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        limit = self.socket_timeout
        self.socket_timeout = None  # the sign to redis-py not to use `wait_for`; a connection serves one task at a time
        try:
            async with asyncio.timeout(limit):
                await super().send_packed_command(command, check_health)
        finally:
            self.socket_timeout = limit


class Tcp(_Prompt, Connection):
    """For `redis://`."""


class Tls(_Prompt, SSLConnection):
    """For `rediss://`."""


class Unix(_Prompt, UnixDomainSocketConnection):
    """For `unix://`."""
