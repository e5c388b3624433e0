"""Connections: what they accept, what they prove, and that cancelling is reliable on them."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.queue.connection import connect, ping


@pytest.mark.parametrize(
    "url",
    [
        "",
        "unix://",
        "unix:relative.sock",
        "http://localhost:6379",
        "redis://",
        "redis://localhost/queue",
        "/run/v.sock",
    ],
)
def test_what_is_no_redis_url_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(errors.BadInput, match=r"unix:///path\.sock"):
        connect(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("unix:///run/v.sock", {"path": "/run/v.sock"}),
        (
            "redis://u:p%40ss@cache:6380/3",
            {"host": "cache", "port": 6380, "db": 3, "username": "u", "password": "p@ss"},
        ),
        ("rediss://cache:6380/0", {"host": "cache", "port": 6380, "db": 0}),
    ],
)
async def test_a_url_decides_where_to_connect_and_every_command_has_a_time_limit(
    url: str, expected: dict[str, object]
) -> None:
    options = connect(url).connection_pool.connection_kwargs
    assert {name: options[name] for name in expected} == expected
    assert options["socket_timeout"] == 3
    assert options.get("socket_keepalive", False) is not url.startswith("unix")


async def test_a_server_that_answers_is_ready(redis: ArqRedis) -> None:
    await ping(redis)


async def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    for url, named in [(f"unix://{tmp_path}/no.sock", f"{tmp_path}/no.sock"), ("redis://u:secret@127.0.0.1:1/0", ":1")]:
        redis = connect(url)
        with pytest.raises(errors.NotReady, match="JCA_REDIS_URL") as caught:
            await ping(redis)
        assert named in str(caught.value)
        assert "secret" not in str(caught.value)
        await redis.aclose()


async def test_a_cancellation_is_never_lost_in_a_command(redis: ArqRedis) -> None:
    """With the connections of redis-py itself, about one in nine of these tasks goes on forever."""

    async def busy() -> None:
        while True:
            await redis.set("test:key", "value")

    chance = random.Random(7)
    for _ in range(30):
        tasks = [asyncio.create_task(busy()) for _ in range(20)]
        for task in tasks:
            await asyncio.sleep(chance.random() / 500)
            task.cancel()
        _, going_on = await asyncio.wait(tasks, timeout=2)
        for task in going_on:
            task.cancel()
        assert not going_on
