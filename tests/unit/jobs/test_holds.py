"""Which hold keeps a job waiting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobs import holds
from jobs.holds import Hold
from jobs.job import Job
from jobs.reasons import Code, because
from jobs.selection import Selection
from jobs.ticket import Person, Ticket

SOON, LATER = datetime(2026, 4, 1, 12, tzinfo=UTC), datetime(2026, 4, 2, tzinfo=UTC)
JOB = Job(
    ticket=Ticket(source="github", key="acme/shop#7", title="Fix it"),
    actor=Person(id="alice"),
    repository="shop",
    selection=Selection(provider="claude-api", model="a-model"),
)


def _hold(subject: str, until: datetime | None = None) -> Hold:
    return Hold(subject=subject, reason=because(Code.PAUSED, "Paused."), by="alice", since=SOON, until=until)


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("*", "All jobs"),
        ("account:claude-api", "Account claude-api"),
        ("repository:shop", "Repository shop"),
        ("person:github/alice", "Person alice of github"),
        ("ticket:github/acme/shop#7", "Ticket acme/shop#7 of github"),
    ],
)
def test_subjects_have_names_for_people(subject: str, name: str) -> None:
    assert holds.named(subject) == name


@pytest.mark.parametrize(
    "subject",
    ["*", "account:claude-api", "repository:shop", "person:github/alice", "ticket:github/acme/shop#7"],
)
def test_everything_a_job_belongs_to_can_hold_it(subject: str) -> None:
    assert holds.of(JOB, [_hold(subject)]) == _hold(subject)


@pytest.mark.parametrize(
    "subject",
    ["account:codex", "repository:shop-2", "person:jira/alice", "person:github/al", "ticket:github/acme/shop#70"],
)
def test_what_concerns_others_does_not_hold_it(subject: str) -> None:
    assert holds.of(JOB, [_hold(subject)]) is None


def test_of_several_holds_the_one_that_lasts_longest_is_named() -> None:
    short, long, endless = _hold("*", SOON), _hold("repository:shop", LATER), _hold("account:claude-api")

    assert holds.of(JOB, [long, short]) == long
    assert holds.of(JOB, [short, endless, long]) == endless


def test_a_hold_counts_until_its_end() -> None:
    assert _hold("*", LATER).counts_at(SOON)
    assert not _hold("*", SOON).counts_at(SOON)
    assert _hold("*").counts_at(LATER)
