"""Who did what: through the API, on its page, as a file, and who says so."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from jobs import actors
from jobs.job import now
from jobs.ledger import audit, schema
from jobs.ledger.database import Transaction
from tests.support.gateway.api import Running, job
from worker.gateway import audit_export
from worker.gateway.audit_export import PAGE

SAME = {"Sec-Fetch-Site": "same-origin"}


async def note(gateway: Running, actor: str, action: str, subject: str, detail: str = "") -> None:
    await gateway.services.ledger.write(audit.note, actor=actor, action=action, subject=subject, detail=detail)


async def subjects(gateway: Running, **query: object) -> list[str]:
    return [entry["subject"] for entry in (await gateway.get("audit", **query))["entries"]]


async def test_entries_are_found_by_each_of_their_parts(gateway: Running) -> None:
    await note(gateway, "cli:Alice", "job.cancel", "one", "PAY-1")
    await note(gateway, "browser", "job.retry", "two", "100%")
    await note(gateway, "browser", "jobs.other", "three")

    assert await subjects(gateway, actor="alice") == ["one"]
    assert await subjects(gateway, action="job") == ["two", "one"]
    assert await subjects(gateway, action="job.cancel") == ["one"]
    assert await subjects(gateway, text="pay-1") == ["one"]
    assert await subjects(gateway, text="THREE") == ["three"]
    assert await subjects(gateway, text="0%") == ["two"]
    assert await subjects(gateway, text="_") == []


async def test_entries_are_found_by_when_they_were_made(gateway: Running) -> None:
    def make(tx: Transaction) -> None:
        for hour in (8, 9, 10):
            at = datetime(2026, 11, 20, hour, tzinfo=UTC).isoformat()
            values = {"at": at, "actor": "me", "action": "x.y", "object": str(hour), "detail": ""}
            tx.execute(insert(schema.audit).values(**values))

    await gateway.services.ledger.write(make)

    assert await subjects(gateway, since="2026-11-20T09:00Z", until="2026-11-20T10:00Z") == ["9"]
    assert await subjects(gateway, since="2026-11-20T11:00+02:00") == ["10", "9"]


async def test_a_moment_without_its_zone_is_refused(gateway: Running) -> None:
    answer = await gateway.get("audit", 400, since="2026-11-20T09:00")

    assert answer["message"].startswith("since: ")


@pytest.mark.parametrize(("header", "actor", "claimed"), [("cli:alice", "cli:alice", True), ("bot", "api:bot", True)])
async def test_a_program_says_for_whom_it_acts_and_the_log_says_that_it_says_so(
    gateway: Running, header: str, actor: str, *, claimed: bool
) -> None:
    body = {"alias": "shop", "url": "https://me:hunter2@git.example/shop"}
    await gateway.client.post("repositories", json=body, headers={actors.HEADER: header})
    (entry,) = (await gateway.get("audit"))["entries"]

    assert (entry["actor"], entry["claimed"]) == (actor, claimed)
    assert entry["detail"] == "https://git.example/shop"


async def test_a_program_cannot_pass_for_a_part_of_ours(gateway: Running) -> None:
    body = {"alias": "shop", "url": "https://git.example/shop"}
    answer = await gateway.client.post("repositories", json=body, headers={actors.HEADER: "triage:me"})

    assert answer.status_code == 400
    assert actors.HEADER in answer.json()["message"]
    assert await gateway.acts() == []


async def test_what_is_done_on_a_page_is_done_by_the_browser(gateway: Running) -> None:
    queued = await gateway.put(job())
    form = {"do": "cancel", "job": queued.id, "confirmed": "yes"}
    answer = await gateway.client.post(f"http://{gateway.address}/queue/actions", data=form, headers=SAME)

    assert answer.status_code == 303
    assert await gateway.acts() == [("browser", "job.cancel", queued.id)]
    assert (await gateway.read(queued)).reason.sentence == "Cancelled by the dashboard."  # type: ignore[union-attr]


async def test_everything_is_exported_however_much_there_is(gateway: Running) -> None:
    def make(tx: Transaction) -> None:
        for number in range(2 * PAGE + 1):
            audit.note(tx, actor="me", action="x.y", subject=str(number))

    await gateway.services.ledger.write(make)
    answer = await gateway.client.get("audit/export", params={"format": "jsonl"})
    entries = [json.loads(line) for line in answer.text.splitlines()]

    assert [entry["subject"] for entry in entries] == [str(number) for number in reversed(range(2 * PAGE + 1))]
    assert answer.headers["Content-Type"].startswith("application/jsonl")


async def test_a_spreadsheet_finds_no_formula_in_what_is_exported(gateway: Running) -> None:
    await note(gateway, "cli:me", "job.cancel", "=HYPERLINK(1)", '+1, "quoted"\nline')
    await note(gateway, "@me", "-x", "\tplain", "a=b")
    answer = await gateway.client.get(f"http://{gateway.address}/audit/export.csv?action=job")
    (heading, row) = csv.reader(io.StringIO(answer.text))

    assert heading == ["id", "at", "actor", "claimed", "action", "subject", "detail"]
    assert row[2:] == ["cli:me", "yes", "job.cancel", "'=HYPERLINK(1)", '\'+1, "quoted"\nline']
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="audit-')
    whole = await gateway.client.get("audit/export", params={"format": "csv"})
    second = list(csv.reader(io.StringIO(whole.text)))[1]
    assert second[2:] == ["'@me", "no", "'-x", "'\tplain", "a=b"]


async def test_the_page_shows_who_did_what_as_text(gateway: Running) -> None:
    await note(gateway, "cli:mira", "hold.put", "*", "<b>bold</b>")
    answer = await gateway.client.get(f"http://{gateway.address}/audit?q=bold&since=2026-01-01&until=nonsense")

    assert "&lt;b&gt;bold" in answer.text
    assert "claimed" in answer.text


async def test_the_page_leads_to_older_entries(gateway: Running) -> None:
    for number in range(51):
        await note(gateway, "me", "x.y", f"subject-{number}")
    first = await gateway.client.get(f"http://{gateway.address}/audit?actor=me")
    older = first.text.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await gateway.client.get(f"http://{gateway.address}{older}")

    assert "subject-1<" in first.text
    assert "subject-0<" not in first.text
    assert "subject-0<" in second.text


async def test_a_day_on_the_page_includes_its_end(gateway: Running) -> None:
    await note(gateway, "me", "x.y", "subject-today")
    today, yesterday = f"{now():%Y-%m-%d}", f"{now() - timedelta(days=1):%Y-%m-%d}"

    shown = await gateway.client.get(f"http://{gateway.address}/audit?since={today}&until={today}")
    hidden = await gateway.client.get(f"http://{gateway.address}/audit?until={yesterday}")

    assert "subject-today" in shown.text
    assert "No entry matches." in hidden.text


def test_an_entry_is_one_line_of_csv_whatever_it_holds() -> None:
    entry = audit.Entry(id=1, at=now(), actor="a", action="b", subject="\r=1", detail="")

    assert next(csv.reader([audit_export.as_csv(entry)]))[5] == "'\r=1"
