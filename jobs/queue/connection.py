"""Connections to Redis or Valkey that notice when the other side is gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import SplitResult, urlsplit

from arq.connections import ArqRedis
from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection, parse_url
from redis.exceptions import RedisError

from jobs import errors
from jobs.queue import record, transport

Connection = ArqRedis
"""What `connect` returns, for those who only pass it on."""

OUTAGE = (RedisError, OSError)
"""What any call may raise while the server is away, starting, failing over or out of memory."""

RETRY = 0.5  # seconds between tries while the server is away

ANSWER = 3.0  # seconds a command may take; without it a half-open connection hangs for the kernel's own timeout
CONNECT = 2.0  # seconds
HEALTH = 10.0  # seconds after which an idle connection is tried before it is used

OLDEST = (6, 2)
"""The first Redis with exclusive stream ranges, XTRIM MINID and ZMSCORE, which we use."""

_TRANSPORTS: dict[str, type[AbstractConnection]] = {
    "unix": transport.Unix,
    "redis": transport.Tcp,
    "rediss": transport.Tls,
}


def connect(url: str) -> ArqRedis:
    """Make a client; nothing is connected yet.

    Args:
        url: `unix:///path.sock`, `redis://[user:password@]host:port/db`, or `rediss://…` for TLS, whose files are
            given as `?ssl_ca_certs=…&ssl_certfile=…&ssl_keyfile=…`.

    Raises:
        errors.BadInput: it is none of these.
    """
    options: dict[str, Any] = {
        "socket_timeout": ANSWER,
        "socket_connect_timeout": CONNECT,
        "health_check_interval": HEALTH,
    }
    scheme = _checked(url).scheme
    if scheme != "unix":
        options["socket_keepalive"] = True
    options |= parse_url(url)
    options["connection_class"] = _TRANSPORTS[scheme]
    pool = ConnectionPool(**options)
    client = ArqRedis(pool, job_serializer=record.serialize, job_deserializer=record.deserialize)
    client.auto_close_connection_pool = True
    return client


async def ping(redis: Redis) -> None:
    """Prove that the server answers and can do what we need.

    Raises:
        errors.NotReady: it does not answer, is too old, or is a cluster.
    """
    remedy = "Start it, or correct JCA_REDIS_URL."
    try:
        server = await redis.info("server")
    except OUTAGE as error:
        raise errors.NotReady(f"Redis at {_address(redis)} does not answer: {error}.", remedy=remedy) from error
    version = str(server.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST:
        raise errors.NotReady(f"Redis {version} is too old.", remedy="Use Redis 6.2 or later, or any Valkey.")
    if server.get("redis_mode") == "cluster":
        remedy = "Use a single server; scripts touch keys of several slots."
        raise errors.NotReady("Redis Cluster cannot be used.", remedy=remedy)


@contextmanager
def answering() -> Iterator[None]:
    """Turn an outage into the error of our own that callers know.

    Raises:
        errors.TryAgain: the server did not answer.
    """
    try:
        yield
    except OUTAGE as error:
        raise errors.TryAgain(f"Redis did not answer: {error}.", remedy="It is tried again by itself.") from error


def _checked(url: str) -> SplitResult:
    parts = urlsplit(url)
    database = parts.path.strip("/")
    if parts.scheme == "unix" and parts.path.startswith("/"):
        return parts
    if parts.scheme in {"redis", "rediss"} and parts.hostname and (not database or database.isdecimal()):
        return parts
    known = "unix:///path.sock, redis://host:port/db or rediss://host:port/db"
    raise errors.BadInput(f"The Redis URL must look like {known}.", remedy="Correct JCA_REDIS_URL.")


def _address(redis: Redis) -> str:
    """Where the server is, without user or password."""
    options = redis.connection_pool.connection_kwargs
    return str(options.get("path") or f"{options.get('host', 'localhost')}:{options.get('port', 6379)}")
