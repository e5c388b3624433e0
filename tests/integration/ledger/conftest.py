"""A ledger on each database: SQLite always, PostgreSQL where its server is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from jobs.ledger import migrate
from jobs.ledger.database import Ledger, engine_url


def _server_programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _as_server_user(argv: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root, so that root steps down to nobody."""
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *argv] if os.geteuid() == 0 else argv


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    programs = _server_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server is not installed: apt install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="jca-pg-"))
    if os.geteuid() == 0:
        shutil.chown(directory, 65534, 65534)
    data = directory / "data"
    subprocess.run(
        _as_server_user([str(programs / "initdb"), "-D", str(data), "-U", "jca", "-A", "trust"]),
        check=True,
        capture_output=True,
        cwd="/",
    )
    argv = [str(programs / "postgres"), "-D", str(data), "-k", str(directory), "-c", "listen_addresses="]
    server = subprocess.Popen(_as_server_user(argv), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
    try:
        ready = [str(programs / "pg_isready"), "-h", str(directory), "-q", "-t", "1"]
        for _ in range(30):
            if subprocess.run(ready, check=False).returncode == 0:
                break
        yield f"postgresql://jca@/postgres?host={directory}"
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
async def emptied(postgresql: str) -> str:
    """The address of a PostgreSQL database without tables."""
    await _emptied(postgresql)
    return postgresql


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        found = f"sqlite:///{tmp_path / 'ledger.db'}"
    else:
        found = str(request.getfixturevalue("postgresql"))
        await _emptied(found)
    migrate.upgrade(found)
    return found


@pytest.fixture
async def ledger(url: str) -> AsyncIterator[Ledger]:
    opened = Ledger.open(url)
    yield opened
    await opened.close()


async def _emptied(url: str) -> None:
    engine = create_async_engine(engine_url(url), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        await connection.exec_driver_sql("CREATE SCHEMA public")
    await engine.dispose()
