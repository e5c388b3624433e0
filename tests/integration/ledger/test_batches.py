"""Tickets that are taken in together: as if one after the other, on every database JCA runs on."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.job import Job, Status, advance
from jobs.ledger import commands, deliveries, migrate, records
from jobs.ledger.database import Ledger, Transaction
from jobs.reasons import Code, because
from jobs.ticket import Person, Ticket
from webhooks.intake import Answer, Taking, settle
from webhooks.reading import Envelope, Intake, Trigger

ROOT = Path(__file__).parents[3]
_SOURCES = count()
_DYING = "import sys; from tests.integration.ledger import test_batches; test_batches.die(sys.argv[1])"

Work = Callable[[Transaction, Sequence[Taking]], list[Answer]]


@dataclass(frozen=True)
class Act:
    """What one delivery tells."""

    ticket: int
    text: int
    delivery: int
    content: int
    trigger: Trigger
    refused: bool

    def on(self, source: str) -> Taking:
        """The same act on a source of its own."""
        refusal = Code.MANAGED_LABEL_MISSING if self.refused and self.trigger == "edited" else None
        found = taking(source, f"K-{self.ticket}", f"d-{self.delivery}", f"text {self.text}", self.trigger)
        envelope = replace(found.intake.envelope, content_hash=str(self.content) * 64)
        return replace(found, intake=replace(found.intake, envelope=envelope), refusal=refusal)


def taking(source: str, key: str, delivery: str, text: str = "", trigger: Trigger = "opened") -> Taking:
    ticket, actor = Ticket(source=source, key=key, title="Refunds", body=text), Person(id="ada")
    envelope = Envelope(source, delivery, f"issues.{trigger}", "0" * 64, body=b"{}")
    return Taking(Intake(envelope, ticket, actor, trigger), Job(ticket=ticket, actor=actor))


async def taken_in(ledger: Ledger, takings: Sequence[Taking], work: Work = settle) -> list[Answer | BaseException]:
    """What becomes of deliveries that arrive at the same moment."""
    return await asyncio.gather(*(ledger.write_together(work, taking) for taking in takings), return_exceptions=True)


async def in_one_group(url: str, takings: Sequence[Taking], work: Work) -> list[Answer]:
    """The same in an SQLite file, where they wait for another writer and are in one group for sure."""
    ledger = Ledger.open(url)
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(ledger.write_together(work, taking)) for taking in takings]
        await asyncio.sleep(0)  # each of them has come as far as it gets
    answers = await asyncio.gather(*waiting)
    await ledger.close()
    return answers


def _alone(tx: Transaction, takings: Sequence[Taking]) -> list[Answer]:
    return [answer for taking in takings for answer in settle(tx, [taking])]


_WAYS: dict[str, Work] = {"together": settle, "alone": _alone}


def _end(tx: Transaction, job_id: str, status: Status) -> None:
    job = records.get(tx, job_id)
    if job.status is Status.RECEIVED:
        way = [Status.QUEUED, Status.RUNNING, Status.PUBLISHING] if status is Status.SUCCEEDED else []
        for step in [*way, status]:
            reason = because(Code.VALIDATED, "It ended.") if step is status else None
            job = records.save(tx, advance(job, step, reason), who="test")


Told = list[tuple[list[Act], Status | None]]
"""Batches, and how the jobs of each end before the next."""

acts = st.builds(
    Act,
    ticket=st.integers(0, 3),
    text=st.integers(0, 1),
    delivery=st.integers(0, 6),
    content=st.integers(0, 1),
    trigger=st.sampled_from(["opened", "labeled", "edited", "assigned"]),
    refused=st.booleans(),
)
rounds = st.lists(
    st.tuples(st.lists(acts, min_size=1, max_size=12), st.sampled_from([None, Status.SUCCEEDED, Status.DENIED])),
    min_size=1,
    max_size=3,
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rounds)
def test_a_batch_ends_as_its_deliveries_do_one_by_one(url: str, told: Told) -> None:
    """On two sources of one ledger: the jobs differ by their identifiers alone."""

    async def compare() -> None:
        ledger = Ledger.open(url)
        number = next(_SOURCES)
        outcomes = [await _outcome(ledger, f"{name}-{number}", told, work) for name, work in _WAYS.items()]
        await ledger.close()
        assert outcomes[0] == outcomes[1]

    asyncio.run(compare())


async def _outcome(ledger: Ledger, source: str, told: Told, work: Work) -> object:
    """Every answer, delivery, job and command, with the number of its job in place of the identifier."""
    numbers: dict[str | None, int] = {None: -1}
    answers = []
    for acts_of_round, ending in told:
        takings = [act.on(source) for act in acts_of_round]
        numbers |= {taking.job.id: len(numbers) + place for place, taking in enumerate(takings)}
        answers += [replace(a, job_id=str(numbers[a.job_id])) for a in await ledger.write(work, takings)]
        for job_id in (taking.job.id for taking in takings):
            if ending and await ledger.read(records.find, job_id):
                await ledger.write(_end, job_id, ending)
    kept = await ledger.read(deliveries.listing, deliveries.Filter(source=source), limit=1000)
    rows = Counter((row.event, row.actor, row.outcome, row.reason, numbers[row.job_id]) for row in kept)
    asked = [command for command in await ledger.read(commands.pending, limit=10_000) if command.source == source]
    edits = [(command.ticket_key, command.ticket.body) for command in asked if command.ticket]
    jobs = [job for job_id in numbers if job_id and (job := await ledger.read(records.find, job_id))]
    made = [(numbers[job.id], job.ticket.key, job.ticket.body, job.status) for job in jobs]
    why = [[(step.status, step.who, step.why) for step in await ledger.read(records.history, job.id)] for job in jobs]
    return answers, rows, edits, made, why


async def test_a_delivery_that_cannot_be_written_fails_alone(ledger: Ledger) -> None:
    takings = [taking("github", f"K-{number}", f"d-{number}") for number in range(12)]
    unwritable = Person(id="a half \ud800")
    takings[7] = replace(takings[7], intake=replace(takings[7].intake, actor=unwritable))

    answers = await taken_in(ledger, takings)

    assert isinstance(answers.pop(7), Exception)
    assert {answer.status for answer in answers if isinstance(answer, Answer)} == {"accepted"}
    assert len(answers) == len(await ledger.read(records.listing, records.Filter())) == 11
    assert len(await ledger.read(deliveries.recent)) == 11


async def test_deliveries_that_wait_are_taken_in_at_one_go_and_each_is_told_its_own(file: str) -> None:
    sizes = list[int]()

    def settle_and_count(tx: Transaction, takings: Sequence[Taking]) -> list[Answer]:
        sizes.append(len(takings))
        return settle(tx, takings)

    takings = [taking("github", f"K-{number // 2}", f"d-{number}", trigger="labeled") for number in range(20)]
    answers = await in_one_group(file, takings, settle_and_count)

    assert sizes == [20]
    assert [answer.status for answer in answers] == ["accepted", "duplicate"] * 10
    assert [answer.job_id for answer in answers] == [taking.job.id for taking in takings[::2] for _ in range(2)]


async def test_nothing_of_a_batch_is_there_when_its_process_is_killed_before_the_commit(file: str) -> None:
    killed = subprocess.run([sys.executable, "-c", _DYING, file], cwd=ROOT, check=False)  # noqa: ASYNC221 - nothing else runs

    assert killed.returncode == -signal.SIGKILL
    answers = await in_one_group(file, _nine(), settle)
    assert [answer.status for answer in answers] == ["accepted"] * 9


def die(url: str) -> None:
    """Be killed with a whole batch written and nothing committed."""

    def settle_and_die(tx: Transaction, takings: Sequence[Taking]) -> list[Answer]:
        answers = settle(tx, takings)
        assert {answer.status for answer in answers} == {"accepted"}
        os.kill(os.getpid(), signal.SIGKILL)
        return answers

    asyncio.run(in_one_group(url, _nine(), settle_and_die))


def _nine() -> list[Taking]:
    return [taking("github", f"K-{number}", f"d-{number}") for number in range(9)]


@pytest.fixture
def file(tmp_path: Path) -> str:
    migrate.upgrade(f"sqlite:///{tmp_path / 'ledger.db'}")
    return f"sqlite:///{tmp_path / 'ledger.db'}"
