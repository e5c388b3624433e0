"""The page of a ticket: everything that happened to it, whatever job it belongs to."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from jobs.job import Job, Status, advance, now
from jobs.ledger import commands, records, runs
from jobs.ledger.commands import Command
from jobs.ledger.runs import Stage
from jobs.reasons import Code, because
from jobs.ticket import Person, Ticket
from tests.support.gateway.api import Running
from tests.support.gateway.forms import show
from worker.gateway import ticket_story

KEY = "acme/shop#7"
TICKET = Ticket(source="github", key=KEY, title="Discounts are rounded down", url="https://git.example/acme/shop/7")


def _places(text: str, *words: str) -> list[int]:
    start = text.index("What happened")
    return [text.index(word, start) for word in words]


async def _later() -> None:
    """Let a moment go by: the records keep milliseconds."""
    await asyncio.sleep(0.002)


async def test_every_step_of_a_ticket_is_on_one_page_in_its_order(gateway: Running) -> None:
    ledger = gateway.services.ledger
    await gateway.told(1, event="issues.opened", ticket_key=KEY, reason="managed_label_missing")
    typo = because(Code.DIRECTIVE_ERROR, 'Line 4: There is no key "providr".', "Correct it.")
    await _later()
    denied = advance(await gateway.put(Job(ticket=TICKET)), Status.DENIED, reason=typo)
    await _later()
    await ledger.write(records.save, denied, who="triage", why=typo.sentence)
    await _later()
    await ledger.write(runs.put_report, denied.id, "### ✕ Nothing was started\n\nLine 4\n")
    await _later()
    await gateway.told(2, event="issues.edited", ticket_key=KEY, outcome="accepted", reason="")
    await _later()
    running = await gateway.put(Job(ticket=TICKET, status=Status.RUNNING, run=1, worker="worker-1"))
    await _later()
    stage = Stage(run=1, name="checkout", state="done", detail="from the mirror", started_at=now(), ended_at=now())
    await ledger.write(runs.put_stage, running.id, stage)
    for number, kind in enumerate(("edited", "cancel")):
        await _later()
        asked = {"source": "github", "ticket_key": KEY, "kind": kind, "actor": Person(id="mira")}
        await ledger.write(commands.record, Command.model_validate(asked | {"comment_id": str(number)}))
    await _later()
    await gateway.told(3, event="issues.closed", ticket_key="acme/shop#8", reason="action_not_handled")
    await gateway.told(4, event="issue_comment.created", ticket_key=KEY, reason="own_comment")

    page = await show(gateway, ticket_story.address("github", KEY))

    places = _places(
        page.text,
        "issues.opened",
        "neither the label nor a [JCA] block",
        "There is no key",
        "✕ Nothing was started",
        "issues.edited",
        "from the mirror",
        "text edited",
        "/jca cancel",
    )
    assert places == sorted(places)
    assert "issues.closed" not in page.text
    assert "issue_comment.created" not in page.text
    assert page.text.count(f'href="/jobs/{denied.id}"') > 1
    assert page.text.count(f'href="/jobs/{running.id}"') > 1
    assert f'href="{TICKET.url}"' in page.text


async def test_a_ticket_that_never_became_a_job_has_a_page_that_says_why(gateway: Running) -> None:
    await gateway.told(1, ticket_key=KEY, reason="managed_label_missing")

    page = await show(gateway, f"/tickets/github/{quote(KEY, safe='')}")

    assert "No job was made for it" in page.text
    assert "neither the label nor a [JCA] block" in page.text


async def test_job_and_delivery_lead_to_the_page_of_their_ticket(gateway: Running) -> None:
    job = await gateway.put(Job(ticket=TICKET))
    await gateway.told(1, ticket_key=KEY)
    leads = 'href="/tickets/github/acme%2Fshop%237"'

    assert leads in (await show(gateway, f"/jobs/{job.id}")).text
    assert leads in (await show(gateway, "/settings")).text


async def test_an_unknown_ticket_is_said_to_be_unknown(gateway: Running) -> None:
    page = await show(gateway, "/tickets/github/acme%2Fshop%23999")

    assert page.status == 404
    assert "acme/shop#999" in page.text


async def test_older_steps_are_said_to_be_missing(gateway: Running) -> None:
    for number in range(ticket_story.MOST):
        await gateway.told(number, ticket_key=KEY)

    page = await show(gateway, ticket_story.address("github", KEY))

    assert "Older steps are left out" in page.text
