"""Why a queued job waits, for how long, and what each attempt came to, follows from the records alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.catalog import Catalog, ProviderKind, ProviderProfile
from jobs.holds import Hold
from jobs.job import Job, Status
from jobs.ledger.attempts import Attempt
from jobs.queue.offer import Offer
from jobs.queue.place import Place
from jobs.readiness import Readiness, State
from jobs.reasons import Code, because
from jobs.selection import Selection
from jobs.ticket import Ticket
from worker.gateway import attempt_rows, waiting
from worker.gateway.standing import Standing
from worker.gateway.waiting import Line, Pace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB = Job(
    ticket=Ticket(source="local", key="A-1", title="t"),
    status=Status.QUEUED,
    repository="shop",
    run=1,
    selection=Selection(provider="fast", model="m"),
)
OFFER = Offer("fast", "m")


def ready(worker: str = "worker-1", model: str = "m") -> Readiness:
    return Readiness(
        account="fast",
        model=model,
        worker=worker,
        state=State.READY,
        reason="The self-test passed.",
        checked_at=NOON,
        expires_at=NOON + timedelta(minutes=1),
    )


READY = Standing.at([ready()], NOON)


def hold(subject: str, code: Code = Code.PAUSED, until: datetime | None = None, words: str = "Paused by me.") -> Hold:
    return Hold(subject=subject, reason=because(code, words), by="me", since=NOON, until=until)


def queued_at(position: int, starts: float | None = None) -> Line:
    dispatch_id = JOB.dispatch_id
    known = {} if starts is None else {dispatch_id: starts}
    return Line(places={dispatch_id: Place("queued", position, "fast")}, starts=known)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (queued_at(1), "Next in line for fast"),
        (queued_at(3), "Number 3 in line for fast"),
        (queued_at(3, 740), "Number 3 in line for fast, starts in about 12 min"),
        (queued_at(1, 0), "Next in line for fast, starts within a minute"),
        (
            Line(places={JOB.dispatch_id: Place("delayed", 0, "fast")}),
            "Put off for a while; it then goes on from its old place",
        ),
        (Line(), ""),
    ],
)
def test_a_job_that_could_be_started_says_when_its_turn_comes(line: Line, words: str) -> None:
    assert waiting.why(JOB, READY, line, NOON) == words
    assert not waiting.is_held(JOB, READY, line)


@pytest.mark.parametrize("subject", ["*", "account:fast", "repository:shop", "ticket:local/A-1"])
def test_a_hold_that_concerns_it_is_what_a_job_waits_for_wherever_it_stands(subject: str) -> None:
    line = Line((hold(subject), hold("account:other")), queued_at(1).places)

    assert waiting.is_held(JOB, READY, line)
    assert waiting.why(JOB, READY, line, NOON) == "Paused by me."
    assert waiting.why(JOB, Standing(()), line, NOON) == "Paused by me."


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (NOON + timedelta(hours=2), "fast has had enough. Until 14:00 UTC."),
        (NOON + timedelta(hours=12), "fast has had enough. Until 21 Nov 00:00 UTC."),
        (None, "fast has had enough."),
    ],
)
def test_a_hold_says_until_when(until: datetime | None, words: str) -> None:
    limited = hold("account:fast", Code.QUOTA_REACHED, until, "fast has had enough.")

    assert waiting.held_until(limited, NOON) == words


def test_a_moment_that_the_sentence_names_is_not_said_twice() -> None:
    limited = hold("account:fast", Code.QUOTA_REACHED, NOON, "The limit is reached until 12:00 UTC.")

    assert waiting.held_until(limited, NOON) == "The limit is reached until 12:00 UTC."


def test_a_hold_of_others_and_one_on_a_job_that_runs_changes_nothing() -> None:
    line = Line((hold("repository:web"), hold("*")))

    assert Line((hold("repository:web"),)).hold_of(JOB) is None
    assert line.hold_of(JOB.model_copy(update={"status": Status.RUNNING})) is None


def test_slots_are_those_of_the_ready_workers_within_the_limit_of_the_account() -> None:
    standing = Standing.at([ready(), ready("worker-2"), ready("worker-2", "large")], NOON)
    workers = {"worker-1": 2, "worker-2": 4}
    profile = ProviderProfile(
        name="fast", kind=ProviderKind.OPENAI_COMPATIBLE, base_url="http://localhost/v1", default_model="m"
    )
    limited = profile.model_copy(update={"max_parallel": 3})

    assert waiting.slots(standing, workers, Catalog(providers=(profile,))) == {OFFER: 6, Offer("fast", "large"): 4}
    assert waiting.slots(standing, workers, Catalog(providers=(limited,))) == {OFFER: 3, Offer("fast", "large"): 3}


def test_the_start_is_estimated_from_others_of_the_account_and_only_for_those_in_line() -> None:
    delayed = JOB.model_copy(update={"run": 2})
    places = {JOB.dispatch_id: Place("queued", 2, "fast"), delayed.dispatch_id: Place("delayed", 0, "fast")}
    paces = {"fast": Pace([600, 600], [NOON - timedelta(seconds=200)])}

    found = waiting.estimates([JOB, delayed], places, paces, {OFFER: 1}, NOON)

    assert found == {JOB.dispatch_id: 1000}
    assert waiting.estimates([JOB], places, paces, {}, NOON) == {}
    assert waiting.estimates([JOB], places, {}, {OFFER: 1}, NOON) == {}


def attempt(outcome: str, reason: str = "") -> Attempt:
    return Attempt(
        token=outcome,
        job_id=JOB.id,
        run=1,
        worker="worker-1",
        account="fast",
        model="m",
        outcome=outcome,
        reason=reason,
        tokens=1,
        usd=0,
        started_at=NOON - timedelta(seconds=90),
        ended_at=None if outcome == "running" else NOON - timedelta(seconds=30),
    )


@pytest.mark.parametrize("outcome", ["running", "published"])
def test_a_single_attempt_that_goes_well_is_not_worth_a_table(outcome: str) -> None:
    assert attempt_rows.rows([attempt(outcome)], NOON) == []


def test_attempts_say_how_each_ended_and_how_long_it_took() -> None:
    found = attempt_rows.rows(
        [attempt("lost"), attempt("failed", "budget_usd"), attempt("published", "validated"), attempt("running")], NOON
    )

    assert [(row.shown.word, row.why, row.seconds, row.ticking) for row in found] == [
        ("worker lost", "", 60, False),
        ("failed", "budget usd", 60, False),
        ("published", "", 60, False),
        ("running", "", 90, True),
    ]
    assert len(attempt_rows.rows([attempt("failed")], NOON)) == 1
