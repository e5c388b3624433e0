"""Caps, what was spent, and the holds that follow."""

from __future__ import annotations

from datetime import UTC, datetime

from jobs import spending
from jobs.catalog import Catalog, Workspace
from jobs.reasons import Code
from jobs.repository import Repository
from jobs.spending import Spent

NOON = datetime(2026, 3, 31, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)
SHOP = Repository(alias="shop", url="/srv/shop", daily_usd=2)


def _reached(spent: Spent, **caps: float) -> dict[str, tuple[Code, datetime | None]]:
    catalog = Catalog(repositories=(SHOP,), workspace=Workspace.model_validate(caps))
    holds = spending.caps_reached(spent, catalog, NOON)
    return {hold.subject: (hold.reason.code, hold.until) for hold in holds}


def test_a_cap_that_is_reached_holds_what_it_concerns_until_midnight() -> None:
    spent = Spent(everything=10, repositories={"shop": 2.0, "blog": 9.0}, persons={"person:github/alice": 3})

    assert _reached(spent, daily_usd=10, person_daily_usd=3) == {
        "*": (Code.SPEND_WORKSPACE, MIDNIGHT),
        "repository:shop": (Code.SPEND_REPOSITORY, MIDNIGHT),
        "person:github/alice": (Code.SPEND_PERSON, MIDNIGHT),
    }


def test_a_ticket_is_held_until_its_cap_is_raised() -> None:
    spent = Spent(tickets={"ticket:github/acme/shop#7": 5.0, "ticket:github/acme/shop#8": 4.99})

    assert _reached(spent, ticket_usd=5) == {"ticket:github/acme/shop#7": (Code.SPEND_TICKET, None)}


def test_below_its_cap_and_without_one_nothing_is_held() -> None:
    spent = Spent(everything=9.99, repositories={"shop": 1.99}, persons={"person:github/alice": 99})

    assert _reached(spent, daily_usd=10) == {}


def test_no_single_run_may_spend_more_than_the_smallest_cap() -> None:
    assert spending.smallest_cap(SHOP, Workspace(daily_usd=50, ticket_usd=1)) == 1
    assert spending.smallest_cap(Repository(alias="blog", url="/srv/blog"), Workspace()) is None


def test_the_sentence_says_what_was_spent_and_what_the_cap_is() -> None:
    [hold] = spending.caps_reached(Spent(everything=10.5), Catalog(workspace=Workspace(daily_usd=10)), NOON)

    assert hold.reason.sentence == "All jobs together spent 10.50 USD today, which reaches the cap of 10.00 USD a day."
