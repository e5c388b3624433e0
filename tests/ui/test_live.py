"""Pages follow what happens, lose nothing over a restart, and work by plain forms and links."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.support.browser import Open, Screenshot
from tests.support.gateway.pages import Gateway
from worker.gateway import actions

LINES = "() => [...document.querySelectorAll('#log li.line .text')].map((line) => line.textContent)"
IDS = "() => [...document.querySelectorAll('#log li.line')].map((line) => line.id)"


def last_line(page: Page, text: str) -> None:
    expect(page.locator("#log li.line .text").last).to_have_text(text)


def test_a_followed_log_resumes_after_a_restart_without_loss_or_repeat(gateway: Gateway, open_page: Open) -> None:
    job_id = gateway.jobs["running"].id
    page = open_page(f"{gateway.url}/jobs/{job_id}")
    expect(page.locator("#connection")).to_contain_text("live")
    gateway.say(job_id, *(f"before {number}" for number in range(300)))
    last_line(page, "before 299")

    assert gateway.stop() < 5
    gateway.say(job_id, *(f"meanwhile {number}" for number in range(50)))
    expect(page.locator("#connection")).to_contain_text("reconnecting")
    gateway.start()
    last_line(page, "meanwhile 49")
    gateway.say(job_id, "after <b>all</b>")
    last_line(page, "after <b>all</b>")

    kept = gateway.run(gateway.services.logs.tail(job_id, 1000))
    assert page.evaluate(IDS) == [f"L{line.id}" for line in kept]
    assert page.locator("#log b, #log script").count() == 0


def test_a_hidden_tab_gives_its_connection_back_and_resumes(gateway: Gateway, open_page: Open) -> None:
    job_id = gateway.jobs["running"].id
    page = open_page(f"{gateway.url}/jobs/{job_id}")
    expect(page.locator("#connection")).to_contain_text("live")
    hide = "(hidden) => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });"
    hide += " document.dispatchEvent(new Event('visibilitychange')); }"

    page.evaluate(hide, True)
    expect(page.locator("#connection")).to_contain_text("paused")
    gateway.say(job_id, "while hidden")
    page.evaluate(hide, False)

    last_line(page, "while hidden")
    assert page.evaluate(LINES).count("while hidden") == 1


def test_a_long_log_begins_with_its_last_thousand_lines(gateway: Gateway, open_page: Open) -> None:
    job_id = gateway.jobs["running"].id
    gateway.say(job_id, *(f"line {number}" for number in range(2500)))
    page = open_page(f"{gateway.url}/jobs/{job_id}")

    last_line(page, "line 2499")
    assert page.locator("#log li.line").count() == 1000
    page.get_by_role("searchbox", name="Search the log").fill("LINE 2")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("with “LINE 2”")
    assert "line 2" in page.locator(".scroll .text").all_text_contents()


def test_the_queue_follows_without_losing_selection_or_focus(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")
    expect(page.locator("#connection")).to_contain_text("live")
    page.get_by_label("Select #1280").check()
    page.get_by_role("searchbox", name="Search").focus()

    failed = gateway.jobs["failed"]
    gateway.run(actions.retry(gateway.services, gateway.jobs["cancelled"].id, "somebody else"))

    expect(page.locator(f"#job-{gateway.jobs['cancelled'].id} .status")).to_have_text(re.compile("received"))
    expect(page.get_by_label(f"Select {failed.ticket.key}")).to_be_checked()
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    expect(page.locator("button[data-bulk=retry]")).to_have_text("Retry 1 job")


def test_filters_stand_in_the_address_and_in_links(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")
    page.get_by_role("searchbox", name="Search").press_sequentially("settle")
    expect(page.locator("tr[id^=job-]")).to_have_count(2)
    expect(page).to_have_url(f"{gateway.url}/queue?q=settle")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()

    page.locator(".tiles a", has_text="succeeded").click()
    expect(page).to_have_url(f"{gateway.url}/queue?status=succeeded&q=settle")
    expect(page.locator("tr[id^=job-]")).to_have_count(1)


def test_held_is_told_from_queued_by_readiness_and_changes_with_it(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue?status=held")
    expect(page.locator("tr[id^=job-]")).to_have_count(1)
    expect(page.locator("tr[id^=job-] small").first).to_contain_text(
        "Waiting for team-proxy (gpt-5.3-codex): connection refused on worker-1",
    )
    for worker in ("worker-1", "worker-2"):
        gateway.run(gateway.services.presence.publish(worker, [], 60))

    expect(page.locator("tr[id^=job-]")).to_have_count(2)
    expect(page.locator("tr[id^=job-] small").first).to_contain_text("no worker is connected")


def test_retry_and_cancel_work_by_form_without_scripts(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue?q=web", scripts=False)
    page.get_by_role("button", name="Retry #1280").click()
    expect(page.locator(".notice")).to_have_text("1 job started again.")
    expect(page.locator(f"#job-{gateway.jobs['failed'].id} .status")).to_contain_text("received")

    page.get_by_role("button", name="Cancel #1288").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 1 job?")
    page.get_by_role("button", name="Cancel 1 job").click()
    expect(page.locator(f"#job-{gateway.jobs['queued'].id} .status")).to_contain_text("cancelled")
    assert "q=web" in page.url


def test_a_bulk_cancel_is_confirmed_with_its_count_and_a_retry_is_not(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")
    for key in ("#1288", "OPS-77", "#1280"):
        page.get_by_label(f"Select {key}").check()
    page.get_by_role("button", name="Cancel 2 jobs").click()
    expect(page.locator("#confirm p")).to_have_text("Cancel 2 jobs?")
    page.locator("#confirm").get_by_role("button", name="Cancel it").click()
    expect(page.locator(".notice")).to_contain_text("2 jobs cancelled or told to stop. 1 job could not be")

    page.get_by_label("Select #1280").check()
    page.get_by_role("button", name="Retry 1 job").click()
    expect(page.locator(".notice")).to_have_text("1 job started again.")


def test_keys_reach_everything(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_label("Select PAY-412")).to_be_checked()
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox", name="Search")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_url(f"{gateway.url}/providers")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_an_empty_queue_says_what_to_do_first(empty_gateway: Gateway, open_page: Open, screenshot: Screenshot) -> None:
    page = open_page(f"{empty_gateway.url}/queue", theme="dark")

    expect(page.get_by_role("heading", name="Everything is quiet")).to_be_visible()
    expect(page.get_by_role("link", name="providers page")).to_have_attribute("href", "/providers")
    screenshot(page, "queue-empty-dark-1280")
