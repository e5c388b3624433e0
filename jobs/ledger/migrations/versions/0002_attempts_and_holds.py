"""Attempts and holds"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("model", sa.String(length=128), server_default="", nullable=False))
        jobs.add_column(sa.Column("person", sa.String(length=512), server_default="", nullable=False))
        jobs.add_column(sa.Column("run", sa.Integer(), server_default="0", nullable=False))
    kept = {
        "sqlite": ("json_extract(record, '$.run')", "json_extract(record, '$.selection.model')"),
        "postgresql": ("(record::json ->> 'run')::integer", "record::json #>> '{selection,model}'"),
    }
    run, model = kept[op.get_bind().dialect.name]
    op.execute(f"UPDATE jobs SET run = {run}, model = coalesce({model}, '')")  # noqa: S608 - constants
    op.create_table(
        "attempts",
        sa.Column("token", sa.String(length=160), nullable=False),
        sa.Column("job_id", sa.String(length=26), nullable=False),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=128), nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=128), nullable=False),
        sa.Column("repository", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=512), nullable=False),
        sa.Column("ticket", sa.String(length=512), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("tokens", sa.BigInteger(), nullable=False),
        sa.Column("usd", sa.Float(), nullable=False),
        sa.Column("started_at", sa.String(length=32), nullable=False),
        sa.Column("ended_at", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("attempts_started", "attempts", ["started_at"])
    op.create_index("attempts_account", "attempts", ["account", "ended_at"])
    op.create_index("attempts_ticket", "attempts", ["ticket"])
    op.create_index("ix_attempts_job_id", "attempts", ["job_id"])
    op.create_table(
        "holds",
        sa.Column("subject", sa.String(length=600), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "code"),
    )
