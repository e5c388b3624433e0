"""Caps and holds: what they concern is not started, and starts when they end."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from jobs import holds
from jobs.catalog import Catalog, Workspace
from jobs.holds import Hold
from jobs.ledger import holds as kept
from jobs.reasons import Code, because
from jobs.repository import Repository
from jobs.results import Usage
from tests.integration.duties.offices import Settled, queued, result, running, tell
from worker.duties import rules, spending
from worker.duties.office import Office

LATER = datetime(2100, 1, 1, tzinfo=UTC)


def _hold(subject: str, until: datetime | None = None, code: Code = Code.PAUSED) -> Hold:
    return Hold(subject=subject, reason=because(code, "Because."), by="alice", until=until)


def _capped(settled: Settled, **caps: float) -> None:
    settled.catalog = settled.catalog.model_copy(update={"workspace": Workspace.model_validate(caps)})


async def _spend(office: Office, key: str, usd: float, actor: str = "alice") -> None:
    """One run of a ticket that ended and cost this much."""
    job = await running(office, key, f"w:{key}", actor)
    usage = Usage(requests=1, input_tokens=1, usd=usd)
    failed = because(Code.NOT_SOLVED, "No.")
    told = result(f"w:{key}", outcome="failed", reason=failed, usage=usage, branch="", commit="")
    await tell(office, job, "result", told)
    await office.dispatch.withdraw(job.dispatch_id)


async def test_the_queue_gets_limits_and_holds_and_loses_those_that_ended(
    office: Office, settled: Settled, redis: Redis
) -> None:
    busy = Repository(alias="shop", url="/srv/shop", max_parallel=2)
    settled.catalog = Catalog(repositories=(busy,), providers=settled.catalog.providers)
    await office.ledger.write(kept.put, _hold("account:qwen", LATER))
    await office.ledger.write(kept.put, _hold(holds.EVERYTHING))
    await rules.once(office)
    assert await office.dispatch.holds() == {"account:qwen": LATER, "*": None}
    assert await redis.hgetall("jca:limits") == {b"repository:shop": b"2"}

    await office.ledger.write(kept.remove, holds.EVERYTHING, Code.PAUSED)
    await rules.once(office)
    assert await office.dispatch.holds() == {"account:qwen": LATER}


async def test_of_several_holds_of_one_subject_the_longest_counts(office: Office) -> None:
    await office.ledger.write(kept.put, _hold("account:qwen", None, Code.PAUSED))
    await office.ledger.write(kept.put, _hold("account:qwen", LATER, Code.QUOTA_REACHED))
    await rules.once(office)

    assert await office.dispatch.holds() == {"account:qwen": None}


@pytest.mark.parametrize("subject", ["person:local/alice", "ticket:local/K-1"])
async def test_what_a_held_person_or_ticket_has_in_the_queue_is_put_off(office: Office, subject: str) -> None:
    waiting, other = await queued(office, "K-1", "alice"), await queued(office, "K-2", "bob")
    await office.ledger.write(kept.put, _hold(subject))
    await rules.once(office)

    assert (await office.dispatch.place(waiting.dispatch_id)).state == "delayed"
    assert (await office.dispatch.place(other.dispatch_id)).state == "queued"


async def test_a_new_ticket_of_a_held_person_is_put_off_from_its_beginning(office: Office) -> None:
    await office.ledger.write(kept.put, _hold("person:local/alice"))
    job = await queued(office)

    assert (await office.dispatch.place(job.dispatch_id)).state == "delayed"


@pytest.mark.parametrize(
    ("cap", "subject", "code"),
    [
        ("daily_usd", "*", Code.SPEND_WORKSPACE),
        ("person_daily_usd", "person:local/alice", Code.SPEND_PERSON),
        ("ticket_usd", "ticket:local/K-1", Code.SPEND_TICKET),
    ],
)
async def test_a_cap_that_is_reached_holds_until_it_is_raised(
    office: Office, settled: Settled, cap: str, subject: str, code: Code
) -> None:
    _capped(settled, **{cap: 5})
    await _spend(office, "K-1", 5)
    assert await spending.once(office) == 1
    [hold] = await office.ledger.read(kept.present)
    assert (hold.subject, hold.reason.code) == (subject, code)
    assert await spending.once(office) == 0

    _capped(settled, **{cap: 50})
    assert await spending.once(office) == 1
    assert await office.ledger.read(kept.present) == []


@pytest.mark.parametrize("cap", ["person_daily_usd", "ticket_usd"])
async def test_what_a_raised_cap_had_put_off_may_start_at_once(office: Office, settled: Settled, cap: str) -> None:
    _capped(settled, **{cap: 5})
    await _spend(office, "K-1", 5)
    waiting = await queued(office, "K-1", "alice")
    await spending.once(office)
    await rules.once(office)
    assert (await office.dispatch.place(waiting.dispatch_id)).state == "delayed"

    _capped(settled)
    await spending.once(office)
    assert (await office.dispatch.place(waiting.dispatch_id)).state == "queued"


async def test_what_another_hold_puts_off_too_stays_put_off_when_a_cap_is_raised(
    office: Office, settled: Settled
) -> None:
    _capped(settled, person_daily_usd=5)
    await _spend(office, "K-1", 5)
    waiting = await queued(office, "K-1", "alice")
    await spending.once(office)
    await office.ledger.write(kept.put, _hold("ticket:local/K-1"))
    await rules.once(office)

    _capped(settled)
    await spending.once(office)
    assert (await office.dispatch.place(waiting.dispatch_id)).state == "delayed"


async def test_a_cap_of_a_repository_holds_its_jobs_only(office: Office, settled: Settled) -> None:
    shop = Repository(alias="shop", url="/srv/shop", daily_usd=1)
    settled.catalog = Catalog(repositories=(shop,), providers=settled.catalog.providers)
    await _spend(office, "K-1", 1.5)
    await spending.once(office)
    await rules.once(office)

    assert list(await office.dispatch.holds()) == ["repository:shop"]


async def test_a_person_who_pauses_is_not_overruled_by_a_cap_that_ends(office: Office, settled: Settled) -> None:
    _capped(settled, daily_usd=1)
    await _spend(office, "K-1", 2)
    await office.ledger.write(kept.put, _hold(holds.EVERYTHING))
    await spending.once(office)
    _capped(settled)
    await spending.once(office)

    [hold] = await office.ledger.read(kept.present)
    assert (hold.by, hold.reason.code) == ("alice", Code.PAUSED)


async def test_a_run_may_never_spend_more_than_the_smallest_cap(office: Office, settled: Settled) -> None:
    _capped(settled, max_usd=9, daily_usd=20, ticket_usd=3)
    job = await queued(office)
    order = await office.dispatch.order(job.dispatch_id)

    assert order is not None
    assert order.limits.usd == 3
