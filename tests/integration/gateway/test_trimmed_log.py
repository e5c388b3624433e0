"""A log whose beginning is only in the archive and whose end is only in the stream is read as one."""

from __future__ import annotations

import json

from jobs.events import LogLine
from jobs.job import Job, Status
from jobs.ledger import runs
from tests.support.gateway.api import Running, job
from worker.gateway import output

LINES = 60
CHUNK = 7  # lines archived at a time: neither the beginning nor the end of a chunk is anything special


async def trimmed(gateway: Running, *, archived: int, keep: int) -> tuple[Job, list[LogLine]]:
    """A job with output, of which so many lines are archived and only `keep` of those still in the stream."""
    kept = await gateway.put(job(status=Status.FAILED))
    await gateway.say(kept.id, *(f"line {number}" for number in range(LINES)))
    lines = await gateway.services.logs.tail(kept.id)
    for start in range(0, archived, CHUNK):
        await gateway.services.ledger.write(runs.archive, kept.id, lines[start : min(start + CHUNK, archived)])
    await gateway.services.logs.trim(kept.id, lines[archived - 1].id, keep=keep)
    return kept, lines


async def test_every_line_is_read_once_from_archive_and_stream(gateway: Running) -> None:
    kept, lines = await trimmed(gateway, archived=40, keep=10)

    assert len(await gateway.services.logs.tail(kept.id)) == LINES - 30
    assert await output.whole(gateway.services, kept.id) == lines
    assert await output.tail(gateway.services, kept.id) == lines
    found = await output.search(gateway.services, kept.id, "LINE 2")
    assert [line.text for line in found] == ["line 2", *(f"line 2{digit}" for digit in range(10))]


async def test_reading_goes_on_after_any_line(gateway: Running) -> None:
    kept, lines = await trimmed(gateway, archived=40, keep=10)

    for place in (0, CHUNK - 1, CHUNK, 29, 30, 39, 40, LINES - 2):
        rest = await gateway.get(f"jobs/{kept.id}/log", format="json", after=lines[place].id)
        assert [line["id"] for line in rest] == [line.id for line in lines[place + 1 :]]
    assert await gateway.get(f"jobs/{kept.id}/log", format="json", after=lines[-1].id) == []


async def test_the_tail_reads_only_the_chunks_it_needs(gateway: Running) -> None:
    kept, lines = await trimmed(gateway, archived=LINES, keep=1)
    await gateway.services.logs.expire(kept.id, 0)

    last = await gateway.services.ledger.read(runs.archived_tail, kept.id, 9)
    earlier = await gateway.services.ledger.read(runs.archived_tail, kept.id, 9, before=lines[20].id)

    assert last == lines[-9:]
    assert earlier == lines[11:20]
    assert await output.tail(gateway.services, kept.id) == lines


async def test_a_reader_that_comes_back_late_misses_nothing(gateway: Running) -> None:
    kept, lines = await trimmed(gateway, archived=50, keep=2)

    headers = {"Last-Event-ID": lines[4].id}
    async with gateway.client.stream("GET", f"jobs/{kept.id}/events", headers=headers) as answer:
        said = [json.loads(line.removeprefix("data: ")) async for line in answer.aiter_lines() if line[:5] == "data:"]

    assert [one["id"] for one in said[:-1]] == [line.id for line in lines[5:]]
    assert said[-1] == {"status": "failed"}


async def test_a_reader_behind_whom_the_stream_was_trimmed_gets_the_lines_from_the_archive(gateway: Running) -> None:
    kept, lines = await trimmed(gateway, archived=10, keep=10)
    following = output.follow(gateway.services, kept.id, lines[-1].id, 0.1)
    assert await anext(following) == []

    await gateway.say(kept.id, *(f"more {number}" for number in range(20)))
    fresh = await gateway.services.logs.after(kept.id, lines[-1].id)
    await gateway.services.ledger.write(runs.archive, kept.id, lines[10:] + fresh)
    await gateway.services.logs.trim(kept.id, fresh[-1].id, keep=1)
    read: list[LogLine] = []
    while len(read) < len(fresh):
        read += await anext(following)
    await following.aclose()

    assert read == fresh
