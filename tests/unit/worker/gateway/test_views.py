"""What is shown follows from the records alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from jobs.catalog import ProviderKind, ProviderProfile
from jobs.job import Job, Status
from jobs.ledger.obstacles import Obstacles
from jobs.ledger.records import Filter, Transition
from jobs.ledger.runs import Stage
from jobs.readiness import Readiness, State
from jobs.reasons import Code, because
from jobs.selection import Selection
from jobs.ticket import Ticket
from worker.gateway import listing, timeline, views
from worker.gateway.pages.query import Query, notice
from worker.gateway.standing import Standing
from worker.gateway.views import Scene

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def readiness(
    state: State, worker: str = "worker-1", *, account: str = "fast", model: str = "m", for_seconds: float = 60
) -> Readiness:
    return Readiness(
        account=account,
        model=model,
        worker=worker,
        state=state,
        reason="Connection refused." if state is State.BLOCKED else "The self-test passed.",
        checked_at=NOON - timedelta(minutes=3),
        expires_at=NOON + timedelta(seconds=for_seconds),
    )


def standing(*entries: Readiness) -> Standing:
    return Standing.at(entries, NOON)


def scene(*entries: Readiness) -> Scene:
    return Scene(standing(*entries), NOON)


def job(status: Status, **fields: object) -> Job:
    ticket = Ticket(source="local", key="A-1", title="t")
    return Job(ticket=ticket, status=status, selection=Selection(provider="fast", model="m"), created_at=NOON, **fields)


def test_a_queued_job_is_held_while_no_worker_is_ready_for_its_account() -> None:
    waiting = job(Status.QUEUED)

    assert views.shown(waiting, scene(readiness(State.BLOCKED))).word == "held"
    assert views.shown(waiting, scene(readiness(State.READY, account="other"))).word == "held"
    assert views.shown(waiting, scene(readiness(State.READY, model="other"))).word == "held"
    assert views.shown(waiting, scene(readiness(State.READY, for_seconds=0))).word == "held"
    assert views.shown(waiting, scene(readiness(State.BLOCKED), readiness(State.READY, "w2"))).word == "queued"


def test_every_status_has_a_word_a_sign_and_a_tile() -> None:
    tiles = {status for statuses in listing.WORDS.values() for status in statuses} | {Status.QUEUED}

    assert tiles == set(Status)
    for status in Status:
        shown = views.shown(job(status), scene(readiness(State.READY)))
        assert shown.word == status.value.replace("_", " ")
        assert shown.glyph


@pytest.mark.parametrize(
    ("entries", "sentence"),
    [
        ((), "Waiting for fast (m): no worker is connected"),
        (
            (readiness(State.BLOCKED, "worker-2"),),
            "Waiting for fast (m): connection refused on worker-2 since 11:57 UTC",
        ),
        ((readiness(State.CHECKING),), "Waiting for fast (m): worker-1 is checking it now"),
        ((readiness(State.READY, account="other"),), "Waiting for fast (m): no connected worker has checked it"),
        ((readiness(State.READY, model="other"),), "Waiting for fast (m): no connected worker has checked it"),
    ],
)
def test_a_held_job_says_what_it_waits_for(entries: tuple[Readiness, ...], sentence: str) -> None:
    assert views.note(job(Status.QUEUED), scene(*entries)) == sentence


def test_a_job_that_does_not_run_shows_its_reason() -> None:
    reason = because(Code.NO_CHANGES, "The agent changed nothing.")

    assert views.note(job(Status.FAILED, reason=reason), scene()) == "The agent changed nothing."


def test_only_what_is_possible_is_offered() -> None:
    offered = {status: (views.can_retry(job(status)), views.can_cancel(job(status))) for status in Status}

    assert {status for status, (retry, _) in offered.items() if retry} == {
        Status.FAILED,
        Status.DENIED,
        Status.BLOCKED,
        Status.PUBLISH_FAILED,
        Status.CANCELLED,
    }
    assert {status for status, (_, cancel) in offered.items() if cancel} == {
        Status.RECEIVED,
        Status.TRIAGING,
        Status.QUEUED,
        Status.HELD,
        Status.RUNNING,
    }


def test_held_and_queued_share_the_queued_jobs_by_what_stands_before_them() -> None:
    met = Obstacles(subjects=("*",), offers=(("fast", "m"),))
    wanted = Filter(text="x", provider="fast")

    held = listing.filters("held", wanted, met)
    queued = listing.filters("queued", wanted, met)

    assert [(part.statuses, part.obstacles, part.obstructed) for part in held] == [
        ((Status.HELD,), None, True),
        ((Status.QUEUED,), met, True),
    ]
    assert [(part.statuses, part.obstacles, part.obstructed) for part in queued] == [
        ((Status.RECEIVED, Status.TRIAGING), None, True),
        ((Status.QUEUED,), met, False),
    ]
    assert all((part.text, part.provider) == ("x", "fast") for part in (*held, *queued))


@pytest.mark.parametrize(
    ("entries", "look"),
    [
        ((), "off"),
        ((State.READY, State.READY), "ready"),
        ((State.READY, State.BLOCKED), "degraded"),
        ((State.CHECKING,), "checking"),
        ((State.CHECKING, State.BLOCKED), "blocked"),
    ],
)
def test_a_card_is_as_good_as_its_workers(entries: tuple[State, ...], look: str) -> None:
    profile = ProviderProfile(
        name="fast",
        kind=ProviderKind.OPENAI_COMPATIBLE,
        base_url="http://localhost:1/v1",
        default_model="m",
    )
    said = [readiness(state, f"worker-{number}") for number, state in enumerate(entries)]

    assert views.card(profile, standing(*said), 0).shown.look == look
    for_other = readiness(State.BLOCKED, model="other")
    assert views.card(profile, standing(*said, for_other), 0).shown.look == look
    disabled = profile.model_copy(update={"enabled": False})
    assert views.card(disabled, standing(*said), 0).shown.look == "off"


def step(status: Status, minute: float) -> Transition:
    return Transition(status=status, who="jca", why="", at=NOON + timedelta(minutes=minute))


def test_the_bar_shows_the_present_run_and_what_is_ahead() -> None:
    history = [
        step(Status.RECEIVED, 0),
        step(Status.FAILED, 1),
        step(Status.RECEIVED, 5),
        step(Status.QUEUED, 6),
        step(Status.RUNNING, 8),
    ]
    began = NOON + timedelta(minutes=8)
    stages = [
        Stage(run=2, name="checkout", state="done", started_at=began, ended_at=began + timedelta(seconds=4)),
        Stage(run=2, name="agent", state="running", started_at=began + timedelta(seconds=4)),
    ]

    bar = timeline.segments(job(Status.RUNNING, run=2), stages, history, NOON + timedelta(minutes=9))

    assert [(part.name, part.state, part.seconds) for part in bar] == [
        ("received", "done", 60),
        ("queued", "done", 120),
        ("checkout", "done", 4),
        ("agent", "running", 56),
        ("validate", "ahead", None),
        ("push", "ahead", None),
        ("pull request", "ahead", None),
    ]
    assert bar[3].anchor == "stage-2-agent"


def test_the_bar_of_a_denied_job_ends_where_it_was_denied() -> None:
    history = [step(Status.RECEIVED, 0), step(Status.TRIAGING, 0), step(Status.DENIED, 1)]

    bar = timeline.segments(job(Status.DENIED), [], history, NOON)

    assert [(part.name, part.state) for part in bar] == [("received", "failed")]


def test_an_address_keeps_the_view_and_drops_what_it_does_not_know() -> None:
    query = Query.read({"status": "held", "q": " a&b ", "provider": "p", "before": "'; drop", "x": "y"})

    assert query.url() == "/queue?status=held&q=a%26b&provider=p"
    assert query.url(status="") == "/queue?q=a%26b&provider=p"
    assert Query.read({"status": "<script>"}).url() == "/queue"


def test_a_notice_is_made_of_known_words_only() -> None:
    assert notice("retried.2.1").startswith("2 jobs started again. 1 job could not be")
    assert notice("cancelled.0.3").startswith("Nothing was changed.")
    assert notice("<b>.1.1") == notice("retried.x.1") == ""
