"""A source is added, set and removed on its pages, with scripts and without."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from pydantic import SecretStr

from jobs.access import JiraAccess
from jobs.actors import BROWSER
from tests.support.browser import Open, Screenshot, looks
from tests.support.gateway.pages import Gateway
from tests.ui.test_pages import check
from worker.gateway import source_actions
from worker.gateway.source_actions import WantedSource


@pytest.mark.parametrize("scripts", [True, False])
def test_a_source_is_added_and_its_secret_is_shown_once_with_what_to_do(
    gateway: Gateway, open_page: Open, screenshot: Screenshot, *, scripts: bool
) -> None:
    page = open_page(f"{gateway.url}/settings", scripts=scripts)
    page.get_by_role("link", name="Add a source").click()
    page.get_by_label("Jira", exact=False).first.check()
    page.get_by_label("Name", exact=True).fill("jira-eu")
    page.get_by_label("People who may start jobs").fill("5b10a2844c20165700ede21g")
    page.get_by_role("button", name="Add the source").click()

    secret = page.locator("#secret")
    expect(page.locator("h1")).to_have_text("jira-eu is added")
    expect(secret).to_have_text(re.compile(r"^[\w-]{43}$"))
    expect(page.locator("#address")).to_have_text(re.compile("/webhooks/jira-eu$"))
    expect(page.locator(".guide")).to_contain_text("Create a WebHook")
    if scripts:
        for look in looks(page):
            screenshot(page, f"source-added-{look}")
            check(page)
    shown = secret.text_content() or ""
    for path in ("/settings", "/settings/sources/jira-eu", "/audit"):
        page.goto(gateway.url + path)
        assert shown not in page.content()


def test_a_name_that_is_taken_is_said_beside_its_field(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/settings/sources/-/new")
    page.get_by_label("Repositories it may write").fill("nowhere")
    page.get_by_role("button", name="Add the source").click()

    expect(page.get_by_label("Name", exact=True)).to_have_accessible_description(re.compile("already a source github"))
    expect(page.get_by_label("Repositories it may write")).to_have_value("nowhere")


@pytest.mark.parametrize("scripts", [True, False])
def test_what_a_source_asks_of_tickets_is_set_by_its_form(gateway: Gateway, open_page: Open, *, scripts: bool) -> None:
    page = open_page(f"{gateway.url}/settings", scripts=scripts)
    page.get_by_role("link", name="Change settings of jira-ops").click()
    page.get_by_label("Projects").fill("PAY\nOPS")
    page.get_by_label("Ready statuses").fill("To Do\nSelected for Development")
    page.get_by_label("A ticket must be assigned to somebody").check()
    page.get_by_label("Label while it is worked on").fill("jca-working")
    page.get_by_role("button", name="Save").click()

    expect(page.locator(".notice")).to_contain_text("Saved.")
    expect(page.get_by_label("Ready statuses")).to_have_value("To Do\nSelected for Development")
    page.goto(f"{gateway.url}/settings")
    expect(page.get_by_role("article", name="jira-ops")).to_contain_text(
        "projects: PAY, OPS; ready states: To Do, Selected for Development; require assignee: yes"
    )


def test_what_is_wrong_with_a_source_is_said_beside_its_field_and_what_was_typed_stays(
    gateway: Gateway, open_page: Open, screenshot: Screenshot
) -> None:
    page = open_page(f"{gateway.url}/settings/sources/jira-ops")
    page.get_by_label("Projects").fill("acme/shop")
    page.get_by_label("Who that may be").fill("ann")
    page.get_by_label("Label while it is worked on").fill("at work")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("alert")).to_contain_text("not saved")
    for field, words in (
        ("Projects", "acme/shop is not the key of a project"),
        ("Who that may be", "only where a ticket must be assigned"),
        ("Label while it is worked on", "holds no spaces"),
    ):
        expect(page.get_by_label(field)).to_have_accessible_description(re.compile(words))
    expect(page.get_by_label("Projects")).to_have_value("acme/shop")
    for look in looks(page):
        screenshot(page, f"source-wrong-{look}")
        check(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_source_is_removed_once_its_name_is_typed(gateway: Gateway, open_page: Open, *, scripts: bool) -> None:
    page = open_page(f"{gateway.url}/settings/sources/jira-ops", scripts=scripts)
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove jira-ops").click()
    confirmation = page.get_by_label("Type jira-ops to confirm")
    expect(confirmation).to_have_accessible_description(re.compile("cannot be empty"))
    confirmation.fill("jira-ops")
    confirmation.press("Enter")

    expect(page.locator(".notice")).to_contain_text("The source is removed.")
    expect(page.get_by_role("article", name="jira-ops")).to_have_count(0)


def test_what_the_access_is_good_for_is_shown_step_by_step(
    gateway: Gateway, open_page: Open, screenshot: Screenshot
) -> None:
    access = JiraAccess(url="http://127.0.0.1:1", token=SecretStr("the-token-of-jira"))
    wanted = WantedSource(kind="jira", name="jira-ops", access=access)
    gateway.run(source_actions.put_source(gateway.services, wanted, BROWSER))
    page = open_page(f"{gateway.url}/settings")
    page.get_by_role("button", name="Test access of jira-ops").press("Enter")

    expect(page.locator(".steps li")).to_have_count(1)
    expect(page.locator(".steps")).to_contain_text("reach failed")
    for look in looks(page):
        screenshot(page, f"source-test-{look}")
        check(page)
