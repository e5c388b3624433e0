"""Bringing a ledger to the present schema."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from importlib.resources import as_file, files
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, make_url, text

from jobs import errors
from jobs.ledger import database


def upgrade(url: str) -> str:
    """Upgrade to the newest schema and return its revision; an SQLite file is copied first when it must change.

    Synchronous: run it before the event loop or in a thread.

    Raises:
        errors.NotReady: the ledger is newer than this version of JCA, or cannot be written.
    """
    address = database.engine_url(url).render_as_string(hide_password=False)
    with as_file(files("jobs.ledger") / "migrations") as scripts:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.set_main_option("sqlalchemy.url", address.replace("%", "%%"))
        newest = ScriptDirectory.from_config(config).get_current_head() or ""
        present = _present_revision(url)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if present and present not in known:
            raise errors.NotReady(
                f"This ledger was written by a newer JCA (schema {present}).",
                remedy="Upgrade JCA, or restore the copy that was made before the upgrade.",
            )
        if present != newest:
            path = sqlite_path(url)
            if path is not None and present:
                copy_before_change(path, present)
            command.upgrade(config, "head")
            if path is not None:
                _write_ahead(path)
    return newest


def _present_revision(url: str) -> str:
    path = sqlite_path(url)
    if path is None or not path.exists() or path.stat().st_size == 0:
        return ""
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return ""
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
    finally:
        engine.dispose()


def _write_ahead(path: Path) -> None:
    """Let readers and the writer of a file work side by side.

    The file remembers it. Not at every opening, since of two that change it at once one is refused without a wait.
    """
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def copy_before_change(path: Path, present: str) -> Path:
    """Copy an SQLite ledger, with what its write-ahead log still holds, and return the copy."""
    copy = path.with_name(f"{path.name}.before-{present}")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    return copy


def sqlite_path(url: str) -> Path | None:
    """The file behind an SQLite address, or None."""
    parsed = make_url(url)
    if not parsed.drivername.startswith("sqlite") or not parsed.database:
        return None
    return Path(parsed.database)
