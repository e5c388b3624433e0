"""Bringing a ledger to the present schema."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, text

from jobs import errors
from jobs.job import Job
from jobs.ledger import deliveries, migrate, records, schema
from jobs.results import PullRequest, PullRequestState
from jobs.ticket import Delivery, Ticket

ROOT = Path(__file__).parents[3]


def test_the_revisions_make_exactly_the_tables_the_code_uses(tmp_path: Path) -> None:
    migrate.upgrade(f"sqlite:///{tmp_path / 'ledger.db'}")
    engine = create_engine(f"sqlite:///{tmp_path / 'ledger.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_upgrading_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"

    assert migrate.upgrade(url) == migrate.upgrade(url)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ledger.db"]


def test_a_ledger_of_a_newer_jca_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()

    with pytest.raises(errors.NotReady, match="newer JCA"):
        migrate.upgrade(f"sqlite:///{path}")


def test_an_older_ledger_is_copied_before_it_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    migrate.upgrade(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO marks VALUES ('events', '7-0')")
    connection.close()

    copy = migrate.copy_before_change(path, "0001")

    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT value FROM marks").fetchall() == [("7-0",)]
    connection.close()


def test_what_an_older_ledger_has_is_found_by_pull_request_and_ticket(tmp_path: Path) -> None:
    url, page = f"sqlite:///{tmp_path / 'ledger.db'}", "https://github.com/Acme/shop/pull/7"
    migrate.upgrade(url)
    engine = create_engine(url)
    pull_request = PullRequest(
        state=PullRequestState.OPEN, branch="jca/x", base_branch="main", commit="a" * 40, title="Fix", url=page
    )
    proposed = Job(ticket=Ticket(source="jira", key="PAY-1", title="Fix"), pull_request=pull_request)
    other = Job(ticket=Ticket(source="jira", key="PAY-2", title="Fix"))
    with engine.begin() as tx:
        for job in (proposed, other):
            records.insert_job(tx, job, who="test", why="")
        for number, job_id in enumerate((proposed.id, None)):
            told = {"id": f"d{number}", "key": f"{number}", "content_hash": "0", "event": "x", "outcome": "accepted"}
            deliveries.record(tx, Delivery.model_validate(told | {"source": "jira", "job_id": job_id}))
        for table, index, column in (
            ("jobs", "jobs_pull_request", "pull_request"),
            ("deliveries", "deliveries_ticket", "ticket_key"),
        ):
            tx.execute(text(f"DROP INDEX {index}"))
            tx.execute(text(f"ALTER TABLE {table} DROP COLUMN {column}"))
        tx.execute(text("UPDATE alembic_version SET version_num = '0003'"))

    migrate.upgrade(url)

    with engine.connect() as tx:
        assert records.of_pull_request(tx, page.lower()) == proposed
        assert records.of_pull_request(tx, "") is None
        kept = deliveries.listing(tx, deliveries.Filter())
        assert {entry.id: entry.ticket_key for entry in kept} == {"d0": "PAY-1", "d1": ""}
    engine.dispose()


def test_another_kind_of_database_is_a_clear_error() -> None:
    with pytest.raises(errors.BadInput, match="names a mysql database"):
        migrate.upgrade("mysql://host/name")


def test_gateways_that_start_together_upgrade_one_after_the_other(emptied: str) -> None:
    argv = [sys.executable, "-c", "import sys; from jobs.ledger import migrate; migrate.upgrade(sys.argv[1])", emptied]
    running = [subprocess.Popen(argv, cwd=ROOT) for _ in range(3)]

    assert [process.wait() for process in running] == [0, 0, 0]
