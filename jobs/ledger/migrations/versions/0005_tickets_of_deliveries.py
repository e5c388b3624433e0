"""Tickets of deliveries"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("deliveries") as deliveries:
        deliveries.add_column(sa.Column("ticket_key", sa.String(256), server_default="", nullable=False))
    of_job = "SELECT ticket_key FROM jobs WHERE jobs.id = deliveries.job_id"
    op.execute(f"UPDATE deliveries SET ticket_key = coalesce(({of_job}), '') WHERE job_id IS NOT NULL")  # noqa: S608
    filled = sa.text("ticket_key <> ''")
    op.create_index(
        "deliveries_ticket", "deliveries", ["source", "ticket_key"], sqlite_where=filled, postgresql_where=filled
    )
