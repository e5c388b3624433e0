"""Archive: what runs say is copied from the live stream into the ledger while they run, and then trimmed there."""

from __future__ import annotations

from jobs.events import LogLine
from jobs.job import Status
from jobs.ledger import records, runs
from jobs.ledger.database import Transaction
from worker.duties.office import Office

BATCH = 5_000  # lines in one transaction
LIVE = 5_000
"""Lines a live stream keeps although they are archived, for readers that are following it."""


async def once(office: Office) -> int:
    """Archive what is new of every running job; returns how many lines that were."""
    running = await office.ledger.read(records.with_status, (Status.RUNNING, Status.PUBLISHING))
    return sum([await lines_of(office, job.id) for job in running])


async def lines_of(office: Office, job_id: str) -> int:
    """Archive what is new of one job; returns how many lines that were."""
    archived = 0
    position = await office.ledger.read(runs.archived_to, job_id)
    while lines := await office.logs.after(job_id, position or "0", count=BATCH):
        await office.ledger.write(_append, job_id, position, lines)
        position, archived = lines[-1].id, archived + len(lines)
    if archived:
        await office.logs.trim(job_id, position, keep=LIVE)
    return archived


def _append(tx: Transaction, job_id: str, position: str, lines: list[LogLine]) -> None:
    if runs.archived_to(tx, job_id) == position:  # else another archivist was faster
        runs.archive(tx, job_id, lines)
