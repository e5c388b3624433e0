"""The queue page over the real ledger: pages without gaps or repeats, and no page that needs Redis to be shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from jobs.attachment import Attachment
from jobs.ledger import holds
from tests.support.gateway import pages
from tests.support.gateway.pages import Gateway
from tests.support.seeds import accounts, texts, work
from tests.support.valkey import Valkey

ROW = re.compile(r'<tr id="job-([0-9a-z]{26})"')
OLDER = re.compile(r'href="([^"]+)" rel="next"')


@pytest.fixture
def gateway(tmp_path: Path, valkey_url: str) -> Iterator[Gateway]:
    with pages.running(tmp_path, valkey_url) as gateway:
        yield gateway


def rows(gateway: Gateway, path: str) -> list[str]:
    """Job ids of all pages, in the order they are shown."""
    found: list[str] = []
    while path:
        text = httpx.get(gateway.url + path).raise_for_status().text
        found += ROW.findall(text)
        older = OLDER.search(text)
        path = older[1].replace("&amp;", "&") if older else ""
    return found


@pytest.mark.parametrize("word", ["", "held", "queued"])
def test_older_pages_leave_nothing_out_and_repeat_nothing(gateway: Gateway, word: str) -> None:
    names = ("openai-compatible", "team-proxy", "gone")
    many = [work.queued(work.job(f"B-{n}", "t"), selection=accounts.selection(names[n % 3])) for n in range(180)]
    gateway.put(*many)
    shown = rows(gateway, f"/queue?status={word}")

    ready = {job.id for job in many if job.selection and job.selection.account == "openai-compatible"}
    waiting = {job.id for job in many} - ready
    expected = {
        "": ready | waiting | {job.id for job in gateway.jobs.values()},
        "held": waiting | {gateway.jobs["held"].id},
        "queued": ready | {gateway.jobs["queued"].id, gateway.jobs["received"].id},
    }[word]
    assert shown == sorted(expected, reverse=True)


def test_pages_stay_up_while_redis_is_away(tmp_path: Path, valkey: Valkey) -> None:
    with pages.running(tmp_path, valkey.url) as gateway:
        valkey.kill()
        queue = httpx.get(f"{gateway.url}/queue?status=held")
        ready = httpx.get(f"{gateway.url}/readyz")

        assert queue.status_code == 200
        assert "Redis does not answer" in queue.text
        assert httpx.get(f"{gateway.url}/jobs/{gateway.jobs['running'].id}").status_code == 200
        assert httpx.get(f"{gateway.url}/providers").status_code == 200
        assert (ready.status_code, ready.json()["missing"]) == (503, ["redis"])


def test_a_pause_is_recorded_while_redis_is_away_and_a_resume_says_that_it_must_wait(
    tmp_path: Path, valkey: Valkey
) -> None:
    with pages.running(tmp_path, valkey.url) as gateway:
        valkey.kill()
        own = {"Sec-Fetch-Site": "same-origin"}
        paused = httpx.post(f"{gateway.url}/queue/holds", headers=own, data={"do": "pause", "subject": "*"})
        resumed = httpx.post(f"{gateway.url}/queue/holds", headers=own, data={"do": "resume", "subject": "*"})
        present = gateway.run(gateway.services.ledger.read(holds.present))

        assert (paused.status_code, paused.headers["Location"]) == (303, "/queue?notice=paused")
        assert (resumed.status_code, "Redis did not answer" in resumed.text) == (503, True)
        assert "*" in {hold.subject for hold in present}
        assert "All jobs" in httpx.get(f"{gateway.url}/queue").text


def test_the_raw_log_and_change_are_text(gateway: Gateway) -> None:
    job_id = gateway.jobs["running"].id
    log = httpx.get(f"{gateway.url}/jobs/{job_id}/log.txt")
    change = httpx.get(f"{gateway.url}/jobs/{job_id}/changes.diff")

    assert {log.headers["Content-Type"], change.headers["Content-Type"]} == {"text/plain; charset=utf-8"}
    assert "FAILED tests/test_refund.py" in log.text
    assert "\x1b" not in log.text
    assert change.text == texts.DIFF


def test_the_ticket_of_a_job_shows_what_is_read_with_it_and_what_is_left_out(gateway: Gateway) -> None:
    log = Attachment(id="1", name="../<b>.log", size=9, media_type="text/plain")
    left_out = "evil.txt is not given to the agent."
    read = work.job("K-9", "Read", attachments=(log,), notes=(left_out,))
    gateway.put(read)
    shown = httpx.get(f"{gateway.url}/jobs/{read.id}?tab=ticket").text

    assert "attachments" in shown
    assert left_out in shown
    assert "<b>" not in shown


def test_secrets_in_output_and_tickets_are_masked_on_every_page(gateway: Gateway) -> None:
    job_id = gateway.jobs["running"].id
    secret = "ghp_" + "a1B2" * 9
    gateway.say(job_id, f"token {secret}")
    tabs = [httpx.get(f"{gateway.url}/jobs/{job_id}?tab={tab}").text for tab in ("log", "raw", "changes")]
    tabs.append(httpx.get(f"{gateway.url}/jobs/{job_id}/log.txt").text)

    assert not any(secret in text for text in tabs)
