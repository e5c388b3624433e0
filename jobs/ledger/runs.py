"""What runs leave in the ledger: stages, diff, report and the archived log."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import delete, insert, select

from jobs.events import LogLine
from jobs.job import now
from jobs.ledger import schema
from jobs.ledger.database import Transaction

StageState = Literal["running", "done", "failed", "skipped"]

_LINES = TypeAdapter(list[LogLine])


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


async def put_stage(tx: Transaction, job_id: str, stage: Stage) -> None:
    """Write a stage; a later word about the same one replaces the earlier."""
    table = schema.stages
    same = (table.c.job_id == job_id, table.c.run == stage.run, table.c.name == stage.name)
    earlier = (await tx.execute(select(table.c.started_at).where(*same))).scalar()
    await tx.execute(delete(table).where(*same))
    values = stage.model_dump(mode="json") | {
        "job_id": job_id,
        "started_at": earlier or stage.started_at.isoformat(),
        "ended_at": stage.ended_at.isoformat() if stage.ended_at else None,
    }
    await tx.execute(insert(table).values(**values))


async def stages(tx: Transaction, job_id: str, run: int) -> list[Stage]:
    """The stages of one run in the order they began."""
    table = schema.stages
    query = select(table).where(table.c.job_id == job_id, table.c.run == run).order_by(table.c.started_at)
    return [Stage.model_validate(dict(row)) for row in (await tx.execute(query)).mappings()]


async def put_diff(tx: Transaction, job_id: str, diff: Diff) -> None:
    """Keep the change of a job's last run."""
    await tx.execute(delete(schema.diffs).where(schema.diffs.c.job_id == job_id))
    values = {"job_id": job_id, "text": diff.text, "truncated": int(diff.truncated)}
    await tx.execute(insert(schema.diffs).values(**values))


async def diff(tx: Transaction, job_id: str) -> Diff | None:
    """The change of a job's last run, or None."""
    row = (await tx.execute(select(schema.diffs).where(schema.diffs.c.job_id == job_id))).mappings().first()
    return Diff(text=row["text"], truncated=bool(row["truncated"])) if row else None


async def put_report(tx: Transaction, job_id: str, body: str) -> None:
    """Keep the report that the ticket's author reads, as Markdown."""
    await tx.execute(delete(schema.reports).where(schema.reports.c.job_id == job_id))
    await tx.execute(insert(schema.reports).values(job_id=job_id, body=body, updated_at=now().isoformat()))


async def report(tx: Transaction, job_id: str) -> str:
    """The report of a job as Markdown; empty when there is none yet."""
    body = (await tx.execute(select(schema.reports.c.body).where(schema.reports.c.job_id == job_id))).scalar()
    return str(body or "")


async def archive(tx: Transaction, job_id: str, lines: Sequence[LogLine]) -> None:
    """Append lines of output to the archive of a job."""
    if not lines:
        return
    packed = zlib.compress(_LINES.dump_json(list(lines)))
    values = {"job_id": job_id, "first_id": lines[0].id, "last_id": lines[-1].id, "lines": packed}
    await tx.execute(insert(schema.logs).values(**values))


async def archived(tx: Transaction, job_id: str) -> list[LogLine]:
    """Every archived line of a job, oldest first."""
    query = select(schema.logs.c.lines).where(schema.logs.c.job_id == job_id)
    chunks = [_LINES.validate_json(zlib.decompress(packed)) for packed in (await tx.execute(query)).scalars()]
    return sorted((line for chunk in chunks for line in chunk), key=_stream_order)


def _stream_order(line: LogLine) -> tuple[int, ...]:
    return tuple(int(part) for part in line.id.split("-"))
