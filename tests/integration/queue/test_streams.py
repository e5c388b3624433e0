"""The control stream and the live output."""

from __future__ import annotations

import asyncio
import time

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.events import LONGEST_TEXT, Events, Logs, NewLine
from jobs.queue.connection import connect
from tests.integration.queue.crew import kill
from tests.support.valkey import Valkey


@pytest.fixture
def events(redis: ArqRedis) -> Events:
    return Events(redis)


@pytest.fixture
def logs(redis: ArqRedis) -> Logs:
    return Logs(redis)


def line(text: str, run: int = 1) -> NewLine:
    return NewLine(run=run, stage="agent", kind="output", text=text)


async def test_events_are_read_in_order_from_any_position_and_trimmed_only_on_demand(events: Events) -> None:
    for number in range(5):
        await events.report(f"job.with.dots.{number}", "stage", {"name": "checkout", "number": number})
    read = await events.read("0", block_ms=0)

    assert [(event.job, event.run, event.kind) for event in read[:2]] == [
        ("job.with.dots", 0, "stage"),
        ("job.with.dots", 1, "stage"),
    ]
    assert read[3].data == {"name": "checkout", "number": 3}
    assert abs(read[0].at.timestamp() - time.time()) < 60
    assert await events.read(read[2].id, block_ms=0) == read[3:]
    assert await events.read("0", count=2, block_ms=0) == read[:2]

    await events.trim(read[3].id)
    assert await events.read("0", block_ms=0) == read[3:]


async def test_reading_waits_for_the_first_event_but_not_with_zero(events: Events) -> None:
    began = time.monotonic()
    assert await events.read("0", block_ms=0) == []
    assert time.monotonic() - began < 10
    reading = asyncio.create_task(events.read("0", block_ms=2000))
    await asyncio.sleep(0.1)
    assert not reading.done()
    await events.report("one.1", "stage", {})
    assert [event.dispatch_id for event in await reading] == ["one.1"]


async def test_text_that_is_no_unicode_is_kept_as_text(events: Events, logs: Logs) -> None:
    await events.report("one.1", "note", {"text": "a\ud800b\x00c"})
    await logs.append("one", [line("a\ud800b")])

    assert (await events.read("0", block_ms=0))[0].data == {"text": "a?b\x00c"}
    assert (await logs.tail("one"))[0].text == "a?b"


@pytest.mark.parametrize("bad", ["", "$", "-", "+", "(1-1", "1-", "1-1-1", "٣", "1\n", "9" * 30, "0 STREAMS x"])
async def test_what_is_no_id_is_refused_before_it_reaches_redis(bad: str, events: Events, logs: Logs) -> None:
    with pytest.raises(errors.BadInput):
        await events.read(bad, block_ms=0)
    with pytest.raises(errors.BadInput):
        await events.trim(bad)
    with pytest.raises(errors.BadInput):
        await logs.after("one", bad)
    with pytest.raises(errors.BadInput):
        await anext(logs.follow("one", bad))


async def test_output_is_read_from_the_end_or_from_a_position(logs: Logs) -> None:
    await logs.append("one", [line(f"line {number}", run=number // 50 + 1) for number in range(100)])
    await logs.append("one", [])
    await logs.append("two", [line("of another job")])
    tail = await logs.tail("one", count=10)

    assert [shown.text for shown in tail] == [f"line {number}" for number in range(90, 100)]
    assert (tail[0].run, tail[0].stage, tail[0].kind) == (2, "agent", "output")
    assert await logs.after("one", tail[4].id) == tail[5:]
    assert len(await logs.after("one", "0")) == 100
    assert len(await logs.after("one", "0", count=7)) == 7
    assert await logs.tail("never") == []


async def test_a_text_that_is_too_long_is_cut_between_characters_and_says_so(logs: Logs) -> None:
    await logs.append("one", [line("x" * LONGEST_TEXT), line("é" * 5000), line("y" + "€" * 5000)])
    whole, cut, odd = await logs.tail("one")

    assert whole.text == "x" * LONGEST_TEXT
    assert cut.text == "é" * 4096 + " … (1808 more bytes)"
    assert odd.text.startswith("y€")
    assert odd.text.endswith("more bytes)")
    assert len(odd.text.encode()) < LONGEST_TEXT + 40


async def test_output_goes_when_its_time_is_over(logs: Logs, redis: ArqRedis) -> None:
    await logs.append("one", [line("a")])
    await logs.expire("one", 0.05)
    await asyncio.sleep(0.1)
    assert await logs.tail("one") == []
    await logs.expire("never", 1)
    assert await redis.exists("jca:log:never") == 0


async def test_following_yields_what_is_there_then_what_comes_and_nothing_twice(logs: Logs) -> None:
    await logs.append("one", [line("a"), line("b")])
    first = (await logs.tail("one"))[0]
    following = logs.follow("one", first.id)
    assert [shown.text for shown in await anext(following)] == ["b"]
    coming = asyncio.ensure_future(anext(following))
    await asyncio.sleep(0.1)
    await logs.append("one", [line("c"), line("d")])

    texts = [shown.text for shown in await coming]
    while texts != ["c", "d"]:
        texts += [shown.text for shown in await anext(following)]
    await following.aclose()


async def test_following_says_when_nothing_comes(logs: Logs) -> None:
    following = logs.follow("one", "0", idle=0.2)
    began = time.monotonic()
    assert await anext(following) == []
    assert await anext(following) == []
    assert 0.35 < time.monotonic() - began < 4
    await following.aclose()


async def test_following_goes_on_from_the_same_place_after_the_server_was_killed(
    valkey: Valkey, outage_redis: ArqRedis
) -> None:
    logs = Logs(outage_redis)
    await logs.append("one", [line("before")])
    following = logs.follow("one", "0", idle=60)
    assert [shown.text for shown in await anext(following)] == ["before"]
    coming = asyncio.ensure_future(anext(following))
    await kill(valkey, outage_redis)
    await asyncio.sleep(0.8)
    valkey.start()
    other = connect(valkey.url)
    await Logs(other).append("one", [line("after")])
    await other.aclose()

    assert [shown.text for shown in await asyncio.wait_for(coming, 20)] == ["after"]
    await following.aclose()


async def test_a_server_that_is_away_is_an_error_of_our_own(valkey: Valkey, outage_redis: ArqRedis) -> None:
    valkey.kill()
    with pytest.raises(errors.TryAgain):
        await Events(outage_redis).report("one.1", "stage", {})
    with pytest.raises(errors.TryAgain):
        await Logs(outage_redis).tail("one")
