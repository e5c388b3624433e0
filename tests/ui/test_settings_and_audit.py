"""A secret is rotated and copied, deliveries and acts are narrowed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from tests.support.browser import Open, Screenshot, looks
from tests.support.gateway.pages import Gateway
from tests.ui.test_pages import check


def test_a_new_secret_is_shown_once_and_can_be_copied(
    gateway: Gateway, open_page: Open, screenshot: Screenshot
) -> None:
    page = open_page(f"{gateway.url}/settings")
    page.get_by_role("button", name="New secret for github").click()
    secret = page.locator("#secret")
    expect(secret).to_have_text(re.compile(r"[\w-]{43}"))
    for look in looks(page):
        screenshot(page, f"new-secret-{look}")
        check(page)

    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")  # as on plain http
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    shown = secret.text_content() or ""
    page.get_by_role("link", name="I have put it in place").click()
    assert shown not in page.content()


def test_deliveries_are_narrowed_and_say_why_they_started_nothing(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/settings")
    page.get_by_role("link", name="ignored", exact=True).click()

    expect(page.locator("#deliveries tbody tr")).to_have_count(4)
    expect(page.locator("#deliveries")).to_contain_text("A program did it, and programs start no work.")


def test_the_audit_is_narrowed_while_one_types(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/audit")
    expect(page.locator("#entries tbody tr")).to_have_count(5)
    page.get_by_label("Actor").fill("CLI:")

    expect(page.locator("#entries tbody tr")).to_have_count(2)
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", "/audit/export.csv?actor=CLI%3A")
    expect(page.locator(".tag").first).to_have_text("claimed")


def test_an_act_leads_to_its_job(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/audit?action=job.cancel")
    page.get_by_role("link", name="PAY-412").click()

    assert page.url == f"{gateway.url}/jobs/{gateway.jobs['running'].id}"


def test_the_pages_are_reached_by_keys(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/queue")
    for key, path in (("r", "/repositories"), ("a", "/audit"), ("s", "/settings"), ("q", "/queue")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(gateway.url + path)
