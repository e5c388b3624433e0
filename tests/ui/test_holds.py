"""Pausing and resuming in the browser, with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import Open, Screenshot, looks
from tests.support.gateway.pages import Gateway
from tests.ui.test_pages import check


def banner(page: Page, whose: str) -> str:
    return page.locator("#holds li", has_text=whose).inner_text()


@pytest.mark.parametrize("scripts", [True, False])
def test_everything_is_paused_and_resumed(gateway: Gateway, open_page: Open, *, scripts: bool) -> None:
    page = open_page(f"{gateway.url}/queue?q=web", scripts=scripts)
    page.get_by_role("link", name="Pause").click()
    expect(page.get_by_role("combobox", name="What")).to_have_value("*")
    page.get_by_role("textbox", name="Why").fill("new machines <b>")
    page.get_by_role("button", name="Pause").click()

    expect(page.locator(".notice")).to_contain_text("Paused. What runs goes on")
    expect(page.locator("#holds li", has_text="All jobs")).to_contain_text("Paused by the dashboard: new machines <b>.")
    expect(page.locator(f"#job-{gateway.jobs['queued'].id} .status")).to_contain_text("held")
    assert "q=web" in page.url

    page.get_by_role("button", name="Resume All jobs").click()
    expect(page.locator(".notice")).to_contain_text("Resumed.")
    expect(page.locator("#holds li", has_text="All jobs")).to_have_count(0)
    expect(page.locator(f"#job-{gateway.jobs['queued'].id} .status")).to_contain_text("queued")


def test_what_the_page_is_narrowed_to_is_proposed(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue?repo=web")
    page.get_by_role("link", name="Pause").click()

    expect(page.get_by_role("combobox", name="What")).to_have_value("repository:web")
    page.get_by_role("link", name="Keep going").click()
    expect(page).to_have_url(f"{gateway.url}/queue?repo=web")


def test_a_cap_says_what_to_do_and_offers_no_resume(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")

    assert "raises `person_daily_usd`" in banner(page, "Person noah of github")
    assert "Resume" not in banner(page, "Person noah of github")
    assert "Resume" in banner(page, "Account night-shift")


def test_an_open_page_shows_a_pause_as_it_is_put(gateway: Gateway, open_page: Open, screenshot: Screenshot) -> None:
    page = open_page(f"{gateway.url}/jobs/{gateway.jobs['queued'].id}")
    expect(page.locator(".reason")).to_contain_text("Next in line for openai-compatible")
    other = open_page(f"{gateway.url}/queue/pause?subject=repository:web")
    other.get_by_role("textbox", name="Why").fill("release day")
    other.get_by_role("button", name="Pause").click()

    expect(page.locator(".reason")).to_contain_text("Paused by the dashboard: release day.")
    expect(page.locator(".reason")).to_contain_text("jca jobs resume")
    expect(page.locator("h1 .status")).to_contain_text("held")
    for look in looks(page):
        screenshot(page, f"job-paused-{look}")
        check(page)


def test_a_job_that_is_only_not_published_is_published_again(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/jobs/{gateway.jobs['unpublished'].id}")
    expect(page.locator(".reason")).to_contain_text("GitHub answered 403.")
    page.get_by_role("button", name="Publish again").click()

    expect(page.locator("h1 .status")).to_contain_text("publishing")


def test_attempts_are_shown_where_there_was_more_than_one(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/jobs/{gateway.jobs['failed'].id}")

    expect(page.locator(".attempts tbody tr")).to_have_count(2)
    expect(page.locator(".attempts tbody tr").first).to_contain_text("worker lost")
    expect(page.locator(".attempts tbody tr").last).to_contain_text("validation failed")

    page.goto(f"{gateway.url}/jobs/{gateway.jobs['succeeded'].id}")
    expect(page.locator(".attempts")).to_have_count(0)
