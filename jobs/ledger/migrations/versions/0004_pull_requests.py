"""Pull requests"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("jobs") as jobs:
        jobs.add_column(sa.Column("pull_request", sa.Text(), server_default="", nullable=False))
    url = {
        "sqlite": "json_extract(record, '$.pull_request.url')",
        "postgresql": "record::json #>> '{pull_request,url}'",
    }[op.get_bind().dialect.name]
    op.execute(f"UPDATE jobs SET pull_request = coalesce(lower({url}), '')")  # noqa: S608 - constants
    filled = sa.text("pull_request <> ''")
    op.create_index("jobs_pull_request", "jobs", ["pull_request"], sqlite_where=filled, postgresql_where=filled)
