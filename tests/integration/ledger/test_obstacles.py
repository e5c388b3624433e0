"""What SQL says stands before a queued job is what its record says, on every database."""

from __future__ import annotations

import pytest

from jobs import holds
from jobs.job import Job, Status
from jobs.ledger import records
from jobs.ledger.database import Ledger
from jobs.ledger.obstacles import Obstacles
from jobs.ledger.records import Filter
from jobs.selection import Selection
from jobs.ticket import Person, Ticket

MINE = Job(
    ticket=Ticket(source="github", key="acme/shop#7", title="Fix it"),
    status=Status.QUEUED,
    actor=Person(id="alice"),
    repository="shop",
    selection=Selection(provider="claude-api", model="a-model"),
)
OTHER = Job(
    ticket=Ticket(source="jira", key="PAY-1", title="Fix that"),
    status=Status.QUEUED,
    actor=Person(id="bob"),
    repository="web",
    selection=Selection(provider="codex", model="another"),
)


async def obstructed(ledger: Ledger, obstacles: Obstacles) -> tuple[set[str], set[str]]:
    """Ids of the jobs that meet an obstacle, and of those that meet none."""
    for job in (MINE, OTHER):
        if await ledger.read(records.find, job.id) is None:
            await ledger.write(records.insert_job, job, who="test", why="")
    found = []
    for wanted in (True, False):
        narrowed = Filter(statuses=(Status.QUEUED,), obstacles=obstacles, obstructed=wanted)
        found.append({job.id for job in await ledger.read(records.listing, narrowed)})
    return found[0], found[1]


@pytest.mark.parametrize("subject", holds.concerning(MINE)[1:])
async def test_a_subject_of_one_job_stands_before_that_job_only(ledger: Ledger, subject: str) -> None:
    assert await obstructed(ledger, Obstacles(subjects=(subject,))) == ({MINE.id}, {OTHER.id})


async def test_everything_and_nothing_are_what_they_say(ledger: Ledger) -> None:
    both = {MINE.id, OTHER.id}

    assert await obstructed(ledger, Obstacles(subjects=("*",))) == (both, set())
    assert await obstructed(ledger, Obstacles()) == (set(), both)
    assert await obstructed(ledger, Obstacles(subjects=("account:claude", "repository:sho"))) == (set(), both)


async def test_a_model_nobody_offers_stands_before_those_who_want_it(ledger: Ledger) -> None:
    assert await obstructed(ledger, Obstacles(offers=(("codex", "another"),))) == ({OTHER.id}, {MINE.id})
    assert await obstructed(ledger, Obstacles(offers=(("codex", "a-model"),))) == (set(), {MINE.id, OTHER.id})
    assert await ledger.read(records.offers_wanted) == {("claude-api", "a-model"), ("codex", "another")}
