"""A job's output: what the ledger has archived, then what only the live stream has, without gap or repetition.

The stream is trimmed only where it is archived. So whoever reads the stream first and the archive afterwards misses
nothing. While Redis does not answer, the archive alone is shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

from jobs import errors
from jobs.events import LogLine
from jobs.ledger import runs
from jobs.redact import redact
from worker.gateway import ansi
from worker.gateway.services import Services

TAIL = 1000  # lines a page begins with
FOUND = 1000  # lines a search shows at most

BEGINNING = "0"
"""In the place of a line's id: begin with the oldest."""


async def tail(services: Services, job_id: str) -> list[LogLine]:
    """The last lines, oldest first."""
    try:
        live = await services.logs.tail(job_id, TAIL)
    except errors.TryAgain:
        live = []
    missing, before = TAIL - len(live), live[0].id if live else ""
    earlier = await services.ledger.read(runs.archived_tail, job_id, missing, before=before) if missing else []
    return clean([*earlier, *live])


async def later(services: Services, job_id: str, after: str = BEGINNING) -> AsyncGenerator[list[LogLine], None]:
    """The lines after the one with this id that there are now, in batches, oldest first."""
    position = after
    while batch := await _next(services, job_id, position):
        yield clean(batch)
        position = batch[-1].id


async def follow(services: Services, job_id: str, after: str, idle: float) -> AsyncGenerator[list[LogLine], None]:
    """The lines after the one with this id, then those that come; an empty batch after `idle` seconds without any."""
    position = after
    async for batch in later(services, job_id, after):
        yield batch
        position = batch[-1].id
    async with aclosing(services.logs.follow(job_id, position, idle=idle)) as batches:
        async for live in batches:
            if live:  # a slow reader finds the stream trimmed behind it
                while missed := await _archived(services, job_id, position, live[0].id):
                    yield clean(missed)
                    position = missed[-1].id
                position = live[-1].id
            yield clean(live)


async def whole(services: Services, job_id: str) -> list[LogLine]:
    """Every line there is, oldest first."""
    return [line async for batch in later(services, job_id) for line in batch]


async def search(services: Services, job_id: str, wanted: str) -> list[LogLine]:
    """The last lines that contain `wanted`, without regard to case."""
    needle = wanted.casefold()
    found: deque[LogLine] = deque(maxlen=FOUND)
    async for batch in later(services, job_id):
        found.extend(line for line in batch if needle in ansi.plain(line.text).casefold())
    return list(found)


def clean(lines: Iterable[LogLine]) -> list[LogLine]:
    """Mask what looks like a credential; executors do so too, with the values they know."""
    return [line.model_copy(update={"text": redact(line.text)}) for line in lines]


async def _next(services: Services, job_id: str, after: str) -> list[LogLine]:
    """The next lines, from the archive as long as it has any before those of the stream; empty at the end."""
    try:
        live = await services.logs.after(job_id, after)
    except errors.TryAgain:
        live = []
    return await _archived(services, job_id, after, live[0].id if live else "") or live


async def _archived(services: Services, job_id: str, after: str, before: str) -> list[LogLine]:
    return await services.ledger.read(runs.archived, job_id, after=after, before=before)
