"""The settings page: addresses, deliveries, facts, and a new secret that is shown once."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs import sources
from jobs.ledger import configuration
from jobs.ledger.deliveries import Received
from jobs.settings import Settings
from jobs.ticket import Person
from tests.support.gateway.api import KEY, Running
from webhooks.reading import Why
from worker.gateway import delivery_words, installation

SAME = {"Sec-Fetch-Site": "same-origin"}


async def show(gateway: Running, path: str = "/settings") -> str:
    answer = await gateway.client.get(f"http://{gateway.address}{path}")
    assert answer.status_code == 200
    return answer.text


async def events(gateway: Running, **query: object) -> list[str]:
    return [entry["event"] for entry in (await gateway.get("deliveries", **query))["deliveries"]]


async def test_deliveries_are_found_by_what_became_of_them(gateway: Running) -> None:
    await gateway.told(1, event="one", outcome="accepted", reason="")
    await gateway.told(2, event="two", source="jira", actor=Person(id="Anna"))
    await gateway.told(
        3, event="three", ticket_key="acme/shop#7", reason="label_not_ours: label help_wanted does not start work"
    )

    assert await events(gateway) == ["three", "two", "one"]
    assert await events(gateway, outcome="accepted") == ["one"]
    assert await events(gateway, source="jira") == ["two"]
    assert await events(gateway, text="anna") == ["two"]
    assert await events(gateway, source="github", ticket="acme/shop#7") == ["three"]
    assert await events(gateway, text="help_") == ["three"]
    assert (await gateway.get("deliveries", 400, outcome="lost"))["message"].startswith("outcome: ")


async def test_deliveries_are_paged_newest_first(gateway: Running) -> None:
    for number in range(3):
        await gateway.told(number, event=f"event-{number}")
    first = await gateway.get("deliveries", limit=2)
    second = await gateway.get("deliveries", limit=2, before=first["next"])

    assert [entry["event"] for entry in (*first["deliveries"], *second["deliveries"])] == [
        "event-2",
        "event-1",
        "event-0",
    ]
    assert second["next"] is None


async def test_the_page_says_in_words_why_nothing_was_started(gateway: Running) -> None:
    await gateway.told(1, reason="label_not_ours: label <b> does not start work")
    await gateway.told(2, event="second", reason="bot_author")
    whole, narrowed = await show(gateway), await show(gateway, "/settings?outcome=accepted")

    assert "The label that was added asks for nothing here. (label &lt;b&gt; does not start work)" in whole
    assert "A program did it, and programs start no work." in whole
    assert "No delivery matches." in narrowed


async def test_the_page_leads_to_older_deliveries(gateway: Running) -> None:
    for number in range(26):
        await gateway.told(number, event=f"event-{number}.")
    first = await show(gateway)
    older = first.partition('rel="next"')[0].rpartition('href="')[2].partition("#")[0]
    second = await show(gateway, older)

    assert "event-1." in first
    assert "event-0." not in first
    assert "event-0." in second


@pytest.mark.parametrize("why", Why)
def test_every_reason_of_the_receiver_has_its_sentence(why: Why) -> None:
    received = {"id": "x", "source": "s", "ticket_key": "", "event": "e", "actor": ""}
    received |= {"outcome": "ignored", "job_id": None}
    delivery = Received.model_validate(received | {"reason": why.value, "received_at": "2026-11-20T00:00:00Z"})

    assert delivery_words.why(delivery).endswith(".")


async def test_a_secret_is_rotated_and_shown_this_once(gateway: Running) -> None:
    earlier = (await gateway.post("sources", {"kind": "github"}))["secret"]
    address = f"http://{gateway.address}/settings/sources/github/rotate"
    answer = await gateway.client.post(address, data={"keep_previous": "yes"}, headers=SAME)
    secret = answer.text.partition('id="secret">')[2].partition("<")[0]
    (stored,) = await gateway.services.ledger.read(configuration.sources)
    valid = [one.get_secret_value() for one in sources.unseal(stored, gateway.services.vault).secrets]

    assert valid == [secret, earlier]
    assert answer.headers["Cache-Control"] == "no-store"
    assert secret not in await show(gateway)
    assert (await gateway.acts())[0] == ("browser", "source.rotate", "github")

    await gateway.client.post(address, data={}, headers=SAME)
    (stored,) = await gateway.services.ledger.read(configuration.sources)
    assert len(sources.unseal(stored, gateway.services.vault).secrets) == 1


async def test_another_site_cannot_rotate_a_secret(gateway: Running) -> None:
    await gateway.post("sources", {"kind": "github"})
    address = f"http://{gateway.address}/settings/sources/github/rotate"
    answer = await gateway.client.post(address, data={}, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403


async def test_intake_is_paused_and_resumed_where_its_state_is_shown(gateway: Running) -> None:
    address = f"http://{gateway.address}/queue/holds"
    form = {"subject": "intake", "back": "/settings"}
    paused = await gateway.client.post(address, data=form | {"do": "pause"}, headers=SAME)
    held = await show(gateway)
    resumed = await gateway.client.post(address, data=form | {"do": "resume"}, headers=SAME)

    assert (paused.status_code, paused.headers["Location"]) == (303, "/settings?notice=paused")
    assert ("All intake" in held, "Pause intake" in held) == (True, False)
    assert (resumed.status_code, "Pause intake" in await show(gateway)) == (303, True)


async def test_the_page_and_its_facts_hold_no_secret(gateway: Running) -> None:
    secret = (await gateway.post("sources", {"kind": "jira"}))["secret"]
    page = await show(gateway)

    assert not any(text in page for text in (secret, KEY, gateway.services.api_token, gateway.services.cluster_token))
    assert str(gateway.services.settings.state_dir) in page


def test_a_database_is_named_without_what_logs_in(tmp_path: Path) -> None:
    settings = Settings(
        state_dir=tmp_path,
        database_url="postgresql://jca:hunter2@db.example:5433/jca?password=hunter3",
        redis_url="rediss://:hunter4@queue.example/0",
        webhook_url="https://me:hunter5@jca.example",
    )
    facts = {fact.name: fact for fact in installation.facts(settings, {"worker-1": 2})}

    assert facts["Ledger"].value == "postgresql://db.example:5433/jca"
    assert facts["Queue"].value == "rediss://queue.example/0"
    assert facts["Executors that answer"].value == "worker-1 (2 jobs)"
    assert (facts["Ledger"].is_set, facts["Log level"].is_set) == (True, False)
    assert "hunter" not in str(facts)
