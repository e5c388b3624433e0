"""The Lua scripts beside this file: each transition of a dispatch is one of them, and atomic."""

from __future__ import annotations

from importlib import resources

from redis.asyncio import Redis
from redis.commands.core import AsyncScript


class Scripts:
    """Every script, registered with one client; the server compiles each once."""

    def __init__(self, redis: Redis) -> None:
        self.enqueue = _load(redis, "enqueue")
        self.claim = _load(redis, "claim")
        self.renew = _load(redis, "renew")
        self.release = _load(redis, "release")
        self.cancel = _load(redis, "cancel")
        self.defer = _load(redis, "defer")
        self.place = _load(redis, "place")
        self.server = _load(redis, "server")
        self.open = _load(redis, "open")
        self.limit = _load(redis, "limit")
        self.holds = _load(redis, "holds")
        self.publish = _load(redis, "publish")


_SHARED = ("prelude", "lanes", "rules", "leases")
"""What every script begins with, in this order."""


def _load(redis: Redis, name: str) -> AsyncScript:
    folder = resources.files(__package__)
    text = [(folder / f"{part}.lua").read_text("utf-8") for part in (*_SHARED, name)]
    return redis.register_script("\n".join(text))
