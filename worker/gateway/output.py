"""A job's output, whether it is still in the live stream or already in the ledger's archive.

While Redis does not answer, the archive alone is shown.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from jobs import errors
from jobs.events import LogLine
from jobs.ledger import runs
from jobs.redact import redact
from worker.gateway import ansi
from worker.gateway.services import Services

TAIL = 1000  # lines a page begins with
FOUND = 1000  # lines a search shows at most
_BATCH = 5000


async def tail(services: Services, job_id: str) -> list[LogLine]:
    """The last lines, oldest first."""
    try:
        lines = await services.logs.tail(job_id, TAIL)
    except errors.TryAgain:
        lines = []
    if len(lines) < TAIL:
        lines = _joined(await _archived(services, job_id), lines)
    return clean(lines[-TAIL:])


async def whole(services: Services, job_id: str) -> list[LogLine]:
    """Every line there is, oldest first."""
    lines = await _archived(services, job_id)
    with contextlib.suppress(errors.TryAgain):
        while fresh := await services.logs.after(job_id, lines[-1].id if lines else "0-0", _BATCH):
            lines += fresh
    return clean(lines)


async def search(services: Services, job_id: str, wanted: str) -> list[LogLine]:
    """The last lines that contain `wanted`, without regard to case."""
    needle = wanted.casefold()
    found = [line for line in await whole(services, job_id) if needle in ansi.plain(line.text).casefold()]
    return found[-FOUND:]


def clean(lines: Iterable[LogLine]) -> list[LogLine]:
    """Mask what looks like a credential; executors do so too, with the values they know."""
    return [line.model_copy(update={"text": redact(line.text)}) for line in lines]


async def _archived(services: Services, job_id: str) -> list[LogLine]:
    async with services.ledger.read() as tx:
        return await runs.archived(tx, job_id)


def _joined(earlier: list[LogLine], later: list[LogLine]) -> list[LogLine]:
    known = {line.id for line in later}
    return [*(line for line in earlier if line.id not in known), *later]
