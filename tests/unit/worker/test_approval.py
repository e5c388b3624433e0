"""Whose words a job would follow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobs.reasons import Code, Reason
from jobs.ticket import Person, Ticket
from worker.duties.approval import Asked, of_delivery, of_label, since
from worker.trackers.protocol import Act, History

ANN, EVE, BOB = Person(id="ann"), Person(id="eve"), Person(id="Bob")
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
BEFORE, AFTER = NOON - timedelta(minutes=1), NOON + timedelta(minutes=1)
TICKET = Ticket(source="s", key="K-1", title="Fix", body="It", labels=("jca",), author=EVE)


def _history(title: Act | None = None, body: Act | None = None, **labels: Act) -> History:
    named = {name.replace("_", "-"): act for name, act in labels.items()}
    return History(title=title or Act(EVE), body=body or Act(EVE), labels=named)


def test_an_unchanged_ticket_is_its_senders_word() -> None:
    history = _history(body=Act(EVE, AFTER))

    assert of_delivery(ANN, TICKET, TICKET, history) == Asked(ANN)


def test_everybody_who_changed_what_was_delivered_is_asked_about_once() -> None:
    present = TICKET.model_copy(update={"title": "New", "body": "New", "labels": ("jca", "bug", "repo-shop")})
    history = _history(Act(EVE, AFTER), Act(EVE, AFTER), repo_shop=Act(BOB, AFTER), bug=Act(None))

    assert of_delivery(ANN, TICKET, present, history) == Asked(ANN, (EVE, BOB))


def test_what_the_sender_changed_afterwards_is_their_own() -> None:
    present = TICKET.model_copy(update={"body": "New"})

    assert of_delivery(BOB, TICKET, present, _history(body=Act(Person(id="bob"), AFTER))) == Asked(BOB)


def test_a_label_that_chooses_and_that_nobody_is_known_to_have_added_is_not_approved() -> None:
    present = TICKET.model_copy(update={"labels": ("jca", "model:dear")})

    assert of_delivery(ANN, TICKET, present, _history()) == Asked(ANN, (None,))


def test_behind_a_polled_ticket_is_whoever_added_the_managed_label() -> None:
    history = _history(body=Act(EVE, BEFORE), jca=Act(ANN, NOON))

    assert of_label(TICKET, "JCA", history) == Asked(ANN)


def test_a_polled_ticket_that_was_edited_after_its_label_is_the_editors_word_as_well() -> None:
    history = _history(body=Act(EVE, AFTER), jca=Act(ANN, NOON))

    assert of_label(TICKET, "jca", history) == Asked(ANN, (EVE,))


def test_what_happened_in_the_second_of_the_label_counts_as_later() -> None:
    history = _history(body=Act(EVE, NOON), jca=Act(ANN, NOON))

    assert of_label(TICKET, "jca", history) == Asked(ANN, (EVE,))


def test_a_polled_ticket_whose_label_nobody_added_is_denied() -> None:
    for history in (_history(), _history(jca=Act(None, NOON))):
        found = of_label(TICKET, "jca", history)

        assert isinstance(found, Reason)
        assert found.code is Code.ACTOR_NOT_ALLOWED


def test_a_comment_approves_of_what_the_ticket_said_when_it_was_written() -> None:
    history = _history(body=Act(EVE, BEFORE), title=Act(BOB, AFTER), jca=Act(ANN, BEFORE))

    assert since(ANN, Act(ANN, NOON), TICKET, history) == Asked(ANN, (BOB,))
