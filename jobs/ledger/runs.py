"""What runs leave in the ledger: stages, diff, report and the archived log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from isal import isal_zlib
from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import insert, select

from jobs.events import LogLine
from jobs.job import now
from jobs.ledger import schema, upserts
from jobs.ledger.database import Transaction

StageState = Literal["running", "done", "failed", "skipped"]

_LINES = TypeAdapter(list[LogLine])

_END = (2**64,)
"""Later than any line."""


class Stage(BaseModel):
    """One stage of one run."""

    model_config = ConfigDict(frozen=True)

    run: int
    name: str
    """`checkout`, `agent`, `validate`, `repair 1`, `push`, …"""
    state: StageState
    detail: str = ""
    started_at: datetime
    ended_at: datetime | None = None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return (self.ended_at - self.started_at).total_seconds() if self.ended_at else None


class Diff(BaseModel):
    """The change as unified diff text."""

    model_config = ConfigDict(frozen=True)

    text: str
    truncated: bool


class Report(BaseModel):
    """What was last shown to the people of a job's ticket."""

    model_config = ConfigDict(frozen=True)

    body: str
    """Markdown."""
    updated_at: datetime


def put_stage(tx: Transaction, job_id: str, stage: Stage) -> None:
    """Write a stage; a later word about the same one replaces the earlier, but for the moment it began."""
    values = stage.model_dump(mode="json") | {
        "job_id": job_id,
        "started_at": stage.started_at.isoformat(),
        "ended_at": stage.ended_at.isoformat() if stage.ended_at else None,
    }
    upserts.put(tx, schema.stages, values, keep=("started_at",))


def stages(tx: Transaction, job_id: str, run: int) -> list[Stage]:
    """The stages of one run in the order they began."""
    table = schema.stages
    query = select(table).where(table.c.job_id == job_id, table.c.run == run).order_by(table.c.started_at)
    return [Stage.model_validate(dict(row)) for row in tx.execute(query).mappings()]


def put_diff(tx: Transaction, job_id: str, diff: Diff) -> None:
    """Keep the change of a job's last run."""
    upserts.put(tx, schema.diffs, {"job_id": job_id, "text": diff.text, "truncated": int(diff.truncated)})


def diff(tx: Transaction, job_id: str) -> Diff | None:
    """The change of a job's last run, or None."""
    row = tx.execute(select(schema.diffs).where(schema.diffs.c.job_id == job_id)).mappings().first()
    return Diff(text=row["text"], truncated=bool(row["truncated"])) if row else None


def put_report(tx: Transaction, job_id: str, body: str) -> None:
    """Keep the report that the ticket's author reads, as Markdown."""
    upserts.put(tx, schema.reports, {"job_id": job_id, "body": body, "updated_at": now().isoformat()})


def report(tx: Transaction, job_id: str) -> str:
    """The report of a job as Markdown; empty when there is none yet."""
    kept = report_kept(tx, job_id)
    return kept.body if kept else ""


def report_kept(tx: Transaction, job_id: str) -> Report | None:
    """The report as it was last shown, or None."""
    row = tx.execute(select(schema.reports).where(schema.reports.c.job_id == job_id)).mappings().first()
    return Report.model_validate(dict(row)) if row else None


def archive(tx: Transaction, job_id: str, lines: Sequence[LogLine]) -> None:
    """Append lines of output to the archive of a job."""
    if not lines:
        return
    packed = isal_zlib.compress(_LINES.dump_json(list(lines)))
    values = {"job_id": job_id, "first_id": lines[0].id, "last_id": lines[-1].id, "lines": packed}
    tx.execute(insert(schema.logs).values(**values))


def archived(tx: Transaction, job_id: str, *, after: str = "0", before: str = "", chunks: int = 20) -> list[LogLine]:
    """Archived lines of a job between two ids, oldest first; those of the first few chunks that hold any.

    Args:
        tx: the transaction.
        job_id: whose.
        after: id of a line, or `0`: only later ones.
        before: id of a line: only earlier ones; empty means all.
        chunks: how many to read at most, so that a long log is never in memory as a whole.
    """
    low, high = _order(after), _order(before) if before else _END
    wanted = [first for first, last in _chunks(tx, job_id) if _order(last) > low and _order(first) < high]
    return [line for line in _read(tx, job_id, wanted[:chunks]) if low < _order(line.id) < high]


def archived_tail(tx: Transaction, job_id: str, count: int, *, before: str = "") -> list[LogLine]:
    """The last archived lines of a job, oldest first; with `before`, the last ones earlier than the line of that id."""
    high = _order(before) if before else _END
    found: list[LogLine] = []
    for first, _ in reversed(_chunks(tx, job_id)):
        if len(found) >= count:
            break
        found[:0] = [line for line in _read(tx, job_id, [first]) if _order(line.id) < high]
    return found[-count:]


def archived_to(tx: Transaction, job_id: str) -> str:
    """Id of the last archived line of a job; empty when there is none."""
    chunks = _chunks(tx, job_id)
    return chunks[-1][1] if chunks else ""


def _chunks(tx: Transaction, job_id: str) -> list[tuple[str, str]]:
    """The ids of the first and last line of every chunk, oldest first."""
    table = schema.logs.c
    rows = tx.execute(select(table.first_id, table.last_id).where(table.job_id == job_id))
    return sorted(rows, key=lambda chunk: _order(chunk[0]))


def _read(tx: Transaction, job_id: str, first_ids: Sequence[str]) -> list[LogLine]:
    table = schema.logs.c
    query = select(table.first_id, table.lines).where(table.job_id == job_id, table.first_id.in_(first_ids))
    packed = {row.first_id: row.lines for row in tx.execute(query)}
    return [line for first in first_ids for line in _LINES.validate_json(isal_zlib.decompress(packed[first]))]


def _order(stream_id: str) -> tuple[int, ...]:
    return tuple(int(part) for part in stream_id.split("-"))
