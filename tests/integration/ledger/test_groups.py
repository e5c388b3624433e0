"""Writing to SQLite: what shares a commit, what becomes of a group that is lost, and taking turns with others."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from jobs import errors
from jobs.ledger import configuration, migrate, writer
from jobs.ledger.database import Ledger, Transaction
from jobs.ledger.writer import LARGEST

ROOT = Path(__file__).parents[3]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    migrate.upgrade(f"sqlite:///{tmp_path / 'ledger.db'}")
    return tmp_path / "ledger.db"


@pytest.fixture
async def sqlite(file: Path) -> AsyncIterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{file}")
    yield ledger
    await ledger.close()


@contextmanager
def _another_writer(file: Path) -> Iterator[None]:
    """Somebody who holds the write lock."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.rollback()


def _marks(file: Path) -> set[str]:
    """What everybody sees."""
    with closing(sqlite3.connect(file)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM marks")}


def _add(tx: Transaction, name: str) -> None:
    configuration.set_mark(tx, name, "there")


async def _asked(ledger: Ledger, *names: str) -> list[asyncio.Task[None]]:
    """Writes that are waiting in line."""
    tasks = [asyncio.create_task(ledger.write(_add, name)) for name in names]
    await asyncio.sleep(0.05)
    return tasks


async def test_writes_that_wait_together_share_a_commit(sqlite: Ledger, file: Path) -> None:
    def add_and_look(tx: Transaction, number: int) -> bool:
        """Add a mark; returns whether the write before this one is done and not yet committed."""
        _add(tx, f"m-{number}")
        before = f"m-{number - 1}"
        return configuration.mark(tx, before) == "there" and before not in _marks(file)

    with _another_writer(file):
        waiting = [asyncio.create_task(sqlite.write(add_and_look, number)) for number in range(20)]
        await asyncio.sleep(0.05)

    assert any(await asyncio.gather(*waiting))
    assert _marks(file) == {f"m-{number}" for number in range(20)}


async def test_more_than_one_group_holds_are_all_answered(sqlite: Ledger, file: Path) -> None:
    names = {f"m-{number}" for number in range(3 * LARGEST)}
    with _another_writer(file):
        waiting = await _asked(sqlite, *names)

    await asyncio.gather(*waiting)
    assert _marks(file) == names


async def test_a_caller_that_went_away_before_its_turn_leaves_nothing(sqlite: Ledger, file: Path) -> None:
    with _another_writer(file):
        gone, waiting, gone_too = await _asked(sqlite, "gone", "waiting", "gone too")
        gone.cancel()
        gone_too.cancel()
        await asyncio.wait({gone, gone_too})

    await waiting
    await sqlite.write(_add, "later")
    assert _marks(file) == {"waiting", "later"}


async def test_of_a_group_that_cannot_be_committed_everybody_is_told_and_the_next_one_can(
    sqlite: Ledger,
    file: Path,
) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE owed (job TEXT REFERENCES jobs (id) DEFERRABLE INITIALLY DEFERRED)")

    def owe(tx: Transaction) -> None:
        tx.exec_driver_sql("INSERT INTO owed VALUES ('nobody')")  # what the commit, and only that, refuses

    with _another_writer(file):
        lost = [asyncio.create_task(sqlite.write(owe)), *await _asked(sqlite, "lost")]
    outcomes = await asyncio.gather(*lost, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [errors.TryAgain, errors.TryAgain]
    assert len({id(outcome) for outcome in outcomes}) == 2
    assert _marks(file) == set()
    await sqlite.write(_add, "next")
    assert _marks(file) == {"next"}


async def test_nobody_is_told_of_success_when_sqlite_itself_rolls_a_group_back(sqlite: Ledger, file: Path) -> None:
    def break_all(tx: Transaction) -> None:
        for _ in range(2):  # as a full disk would
            tx.exec_driver_sql("INSERT OR ROLLBACK INTO marks VALUES ('twice', '')")

    with _another_writer(file):
        before = await _asked(sqlite, "before")
        breaking = asyncio.create_task(sqlite.write(break_all))
        after = await _asked(sqlite, "after")
    outcomes = await asyncio.gather(*before, breaking, *after, return_exceptions=True)

    assert isinstance(outcomes[1], Exception)
    kept = {name for name, outcome in zip(("before", "twice", "after"), outcomes, strict=True) if outcome is None}
    assert _marks(file) == kept
    assert all(outcome is None or isinstance(outcome, errors.TryAgain) for outcome in outcomes[::2])


async def test_a_write_that_fails_half_done_undoes_only_itself(sqlite: Ledger, file: Path) -> None:
    def fail(tx: Transaction) -> None:
        _add(tx, "half")
        raise LookupError

    def look(tx: Transaction) -> set[str]:
        _add(tx, "looked")
        return {name for name in ("before", "half", "after") if configuration.mark(tx, name)}

    with _another_writer(file):
        before = await _asked(sqlite, "before")
        failing, looking = asyncio.create_task(sqlite.write(fail)), asyncio.create_task(sqlite.write(look))
        after = await _asked(sqlite, "after")
    outcomes = await asyncio.gather(*before, failing, looking, *after, return_exceptions=True)

    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, set, type(None)]
    assert await looking == {"before"}
    assert _marks(file) == {"before", "looked", "after"}


async def test_the_same_work_of_several_is_one_call_that_keeps_its_place_among_others(
    sqlite: Ledger, file: Path
) -> None:
    calls = list[list[str]]()

    def add_all(tx: Transaction, names: Sequence[str]) -> list[str]:
        calls.append(list(names))
        for name in names:
            _add(tx, name)
        return [f"{name} is added" for name in names]

    def look(tx: Transaction) -> set[str]:
        return {name for name in "abcd" if configuration.mark(tx, name)}

    with _another_writer(file):
        before = [asyncio.create_task(sqlite.write_together(add_all, name)) for name in "abc"]
        looking = asyncio.create_task(sqlite.write(look))
        after = asyncio.create_task(sqlite.write_together(add_all, "d"))
        await asyncio.sleep(0)

    assert await asyncio.gather(*before, after) == [f"{name} is added" for name in "abcd"]
    assert await looking == set("abc")
    assert calls == [["a", "b", "c"], ["d"]]


async def test_only_writes_that_are_done_together_wait_for_company_and_the_first_of_them_does_not(
    sqlite: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = list[list[str]]()

    def add_all(tx: Transaction, names: Sequence[str]) -> Sequence[str]:
        calls.append(list(names))
        for name in names:
            _add(tx, name)
        return names

    monkeypatch.setattr(writer, "APART", 3600.0)
    await sqlite.write_together(add_all, "first")
    for name in ("alone", "alone too"):
        await sqlite.write(_add, name)
    monkeypatch.setattr(writer, "APART", 0.5)
    waiting = asyncio.create_task(sqlite.write_together(add_all, "waits"))
    await sqlite.read(configuration.mark, "m")
    await asyncio.gather(waiting, sqlite.write_together(add_all, "joins"))

    assert calls == [["first"], ["waits", "joins"]]


async def test_of_items_written_at_one_go_each_that_cannot_be_written_fails_alone(sqlite: Ledger, file: Path) -> None:
    calls = list[int]()

    def add_all(tx: Transaction, names: Sequence[str]) -> Sequence[str]:
        calls.append(len(names))
        for name in names:
            _add(tx, name)
            if name == "bad":
                raise LookupError(name)
        return names if "short" not in names else ()

    names = ("a", "bad", "b", "short", "c")
    with _another_writer(file):
        waiting = [asyncio.create_task(sqlite.write_together(add_all, name)) for name in names]
        await asyncio.sleep(0)
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)

    assert [outcome if isinstance(outcome, str) else type(outcome) for outcome in outcomes] == [
        *("a", LookupError, "b", ValueError, "c")
    ]
    assert calls == [5, 1, 1, 1, 1, 1]
    assert _marks(file) == {"a", "b", "c"}


async def test_a_lock_held_for_too_long_means_try_again_and_later_it_works(file: Path) -> None:
    ledger = Ledger.open(f"sqlite:///{file}", patience=0.1)
    with _another_writer(file):
        outcomes = await asyncio.gather(*(ledger.write(_add, name) for name in "abc"), return_exceptions=True)
        assert await ledger.read(configuration.mark, "a") == ""

    assert [type(outcome) for outcome in outcomes] == [errors.TryAgain] * 3
    await ledger.write(_add, "d")
    assert _marks(file) == {"d"}
    await ledger.close()
    with pytest.raises(errors.TryAgain, match="closed"):
        await ledger.write(_add, "e")


def test_of_three_processes_that_write_without_a_pause_none_starves(file: Path) -> None:
    argv = [sys.executable, "-m", "tests.integration.ledger.hammer", f"sqlite:///{file}"]
    running = [subprocess.Popen([*argv, name], cwd=ROOT, stdout=subprocess.PIPE, text=True) for name in "abc"]
    shares = [int(process.communicate()[0]) for process in running]

    assert sum(shares) >= 300
    assert min(shares) >= 50
