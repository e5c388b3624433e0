"""Errands: asked of one worker, done at once or not at all, and always with a last word."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from arq.connections import ArqRedis

from jobs import errors
from jobs.errand import TAKE_UP, Errand, ErrandEnd, ErrandStep, Kind
from jobs.queue import errands as module
from jobs.queue.connection import connect
from jobs.queue.errand_worker import ErrandWorker, Perform, Report
from jobs.queue.errands import Errands, Said
from tests.integration.queue.crew import Eventually
from tests.support.valkey import Valkey

Hire = Callable[..., asyncio.Task[None]]

DONE = ErrandEnd(ok=True, sentence="It works.")


def errand(worker: str = "one", **fields: object) -> Errand:
    return Errand.model_validate({"kind": Kind.SELF_TEST, "worker": worker, "arguments": {"provider": "p"}} | fields)


async def well(_errand: Errand, report: Report) -> ErrandEnd:
    await report(ErrandStep(name="reach"))
    await report(ErrandStep(name="reach", ok=True, detail="answers", milliseconds=3))
    return DONE


async def said(errands: Errands, errand_id: str, after: str = "0") -> list[Said]:
    return [one async for batch in errands.follow(errand_id, after, idle=0.1) for one in batch]


@pytest.fixture
def errands(redis: ArqRedis) -> Errands:
    return Errands(redis)


@pytest.fixture
async def hire(redis: ArqRedis) -> AsyncIterator[Hire]:
    """Let a worker of a name do errands inside the test."""
    tasks: list[asyncio.Task[None]] = []

    def hire(
        perform: Perform, name: str = "one", *, seconds: float = 60, client: ArqRedis = redis
    ) -> asyncio.Task[None]:
        tasks.append(asyncio.create_task(ErrandWorker(client, name, perform, seconds=seconds).serve()))
        return tasks[-1]

    yield hire
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_each_word_arrives_in_order_and_following_ends_with_the_last(errands: Errands, hire: Hire) -> None:
    hire(well)
    asked = errand()
    await errands.ask(asked)
    words = await said(errands, asked.id)

    assert [one.word for one in words] == [
        ErrandStep(name="reach"),
        ErrandStep(name="reach", ok=True, detail="answers", milliseconds=3),
        DONE,
    ]
    assert [one.word for one in await said(errands, asked.id, words[0].id)] == [one.word for one in words[1:]]
    progress = await errands.look(asked.id)
    assert (progress.errand, progress.taken, progress.end) == (asked, True, DONE)
    assert [(step.name, step.ok) for step in progress.steps] == [("reach", True)]


async def test_only_the_worker_that_was_asked_does_it(errands: Errands, hire: Hire) -> None:
    done: list[str] = []

    def noting(name: str) -> Perform:
        async def perform(_errand: Errand, _report: Report) -> ErrandEnd:
            done.append(name)
            return DONE

        return perform

    for name in ("one", "two"):
        hire(noting(name), name)
    asked = errand("two")
    await errands.ask(asked)
    await said(errands, asked.id)

    assert done == ["two"]


async def test_no_more_than_two_run_at_once(errands: Errands, hire: Hire, eventually: Eventually) -> None:
    begun: list[str] = []
    go_on = asyncio.Event()

    async def waits(errand: Errand, _report: Report) -> ErrandEnd:
        begun.append(errand.id)
        await go_on.wait()
        return DONE

    hire(waits)
    several = [errand() for _ in range(4)]
    for one in several:
        await errands.ask(one)
    await eventually(lambda: len(begun) == 2)
    await asyncio.sleep(0.6)  # longer than arq's own poll
    assert len(begun) == 2

    go_on.set()
    for one in several:
        await said(errands, one.id)
    assert len(begun) == 4


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (errors.NotReady("No such profile.", remedy="Add it."), ("No such profile.", "Add it.")),
        (ValueError("boom"), ("The worker itself failed: ValueError: boom", "Its log says where")),
    ],
)
async def test_what_goes_wrong_is_the_last_word(
    errands: Errands, hire: Hire, fault: Exception, words: tuple[str, str]
) -> None:
    async def fails(_errand: Errand, _report: Report) -> ErrandEnd:
        raise fault

    hire(fails)
    asked = errand()
    await errands.ask(asked)
    end = (await said(errands, asked.id))[-1].word

    assert isinstance(end, ErrandEnd)
    assert not end.ok
    assert end.sentence == words[0]
    assert end.remedy.startswith(words[1])


async def test_one_that_takes_too_long_is_ended(errands: Errands, hire: Hire) -> None:
    async def hangs(_errand: Errand, _report: Report) -> ErrandEnd:
        await asyncio.Event().wait()
        return DONE

    hire(hangs, seconds=0.2)
    asked = errand()
    await errands.ask(asked)
    (end,) = await said(errands, asked.id)

    assert end.word == ErrandEnd(ok=False, sentence="It took longer than 0.2 seconds and was ended.")


async def test_one_that_nobody_takes_up_says_so_and_is_not_done_later(
    errands: Errands, hire: Hire, redis: ArqRedis
) -> None:
    asked = errand("gone")
    await errands.ask(asked)
    assert (await errands.look(asked.id)).end is None
    await _age(redis, asked.id, TAKE_UP + 1)
    (end,) = await said(errands, asked.id)

    assert isinstance(end.word, ErrandEnd)
    assert "gone did not take it up within 10 seconds" in end.word.sentence
    assert 0 < await redis.pttl(f"arq:job:errand-{asked.id}") < TAKE_UP * 1000
    await redis.delete(f"arq:job:errand-{asked.id}")  # as its end of life does
    hire(well, "gone")
    again = errand("gone")
    await errands.ask(again)
    assert (await said(errands, again.id))[-1].word == DONE
    assert (await errands.look(asked.id)).taken is False


async def test_one_that_its_worker_says_no_more_about_has_an_end(errands: Errands, redis: ArqRedis) -> None:
    asked = errand()
    await errands.ask(asked)
    await module.say(redis, asked.id, "step", ErrandStep(name="reach"))
    assert (await errands.look(asked.id)).end is None
    await _age(redis, asked.id, 131)
    end = (await errands.look(asked.id)).end

    assert end
    assert end.sentence == "one began and said no more."


async def _age(redis: ArqRedis, errand_id: str, seconds: float) -> None:
    """Make everything that was said about an errand older."""
    key = module.stream_of(errand_id)
    entries = await redis.xrange(key)
    await redis.delete(key)
    for entry_id, fields in entries:
        moment, _, number = entry_id.decode().partition("-")
        await redis.xadd(key, fields, id=f"{int(moment) - int(seconds * 1000)}-{number}")


async def test_a_newer_errand_is_refused_in_clear_words(errands: Errands, hire: Hire) -> None:
    hire(well)
    asked = errand(v=2)
    await errands.ask(asked)
    (end,) = await said(errands, asked.id)

    assert isinstance(end.word, ErrandEnd)
    assert end.word.sentence == "one is too old for this: it understands errands of version 1 and not 2."
    assert end.word.remedy


async def test_a_worker_that_stops_says_so(errands: Errands, hire: Hire, eventually: Eventually) -> None:
    begun = asyncio.Event()

    async def hangs(_errand: Errand, _report: Report) -> ErrandEnd:
        begun.set()
        await asyncio.Event().wait()
        return DONE

    working = hire(hangs)
    asked = errand()
    await errands.ask(asked)
    await begun.wait()
    working.cancel()
    (end,) = await said(errands, asked.id)

    assert isinstance(end.word, ErrandEnd)
    assert "interrupted" in end.word.sentence
    await eventually(working.done)


async def test_no_secret_gets_into_what_is_said(errands: Errands, hire: Hire, redis: ArqRedis) -> None:
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"

    async def tells(_errand: Errand, report: Report) -> ErrandEnd:
        await report(ErrandStep(name="reach", ok=True, detail=f"used {secret}"))
        raise errors.TryAgain(f"{secret} was refused.")

    hire(tells)
    asked = errand()
    await errands.ask(asked)
    await said(errands, asked.id)

    assert secret not in str(await redis.xrange(module.stream_of(asked.id)))


async def test_what_was_said_is_forgotten_within_an_hour(errands: Errands, hire: Hire, redis: ArqRedis) -> None:
    hire(well)
    asked = errand()
    await errands.ask(asked)
    await said(errands, asked.id)

    keys = [key async for key in redis.scan_iter("*errand*")]
    assert keys
    assert [key for key in keys if await redis.pttl(key) == -1] == []  # without an end of life
    assert await redis.pttl(module.stream_of(asked.id)) <= 3_600_000
    with pytest.raises(errors.NotFound, match="There is no errand 0123"):
        await errands.look("0123")


async def test_errands_go_on_after_the_queue_was_away(valkey: Valkey, hire: Hire, outage_redis: ArqRedis) -> None:
    begun = asyncio.Event()

    async def perform(errand: Errand, _report: Report) -> ErrandEnd:
        if errand.arguments["provider"] == "slow":
            begun.set()
            await asyncio.Event().wait()
        return DONE

    reading = connect(valkey.url)
    errands = Errands(reading)
    hire(perform, client=outage_redis)
    interrupted = errand(arguments={"provider": "slow"})
    await errands.ask(interrupted)
    await begun.wait()
    await asyncio.sleep(1.1)  # the server writes its file once a second
    valkey.kill()
    with pytest.raises(errors.TryAgain):
        await errands.look(interrupted.id)
    await asyncio.sleep(1)  # time to notice
    valkey.start()

    end = (await said(errands, interrupted.id))[-1].word
    assert isinstance(end, ErrandEnd)
    assert "interrupted" in end.sentence
    after = errand()
    await errands.ask(after)
    assert (await said(errands, after.id))[-1].word == DONE
    await reading.aclose()
