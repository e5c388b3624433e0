"""A repository is added, changed and tried on its page, with scripts and without."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import pytest
from arq.connections import ArqRedis
from playwright.sync_api import Page, expect

from jobs.errand import Errand, ErrandEnd, ErrandStep
from jobs.queue import connection
from jobs.queue.errand_worker import ErrandWorker, Report
from tests.support.browser import Open, Screenshot, looks
from tests.support.gateway.pages import Gateway
from tests.ui.test_pages import check
from worker.serving import ended


@pytest.fixture
def fetching(gateway: Gateway, valkey_url: str) -> Iterator[None]:
    """A worker that fetches whatever it is asked for."""

    async def perform(errand: Errand, report: Report) -> ErrandEnd:
        branch = errand.arguments["branch"]
        await report(ErrandStep(name="fetch", ok=True, detail=f"{branch} is at 0123456789ab.", milliseconds=812))
        return ErrandEnd(ok=True, sentence=f"{errand.arguments['alias']}: <b>{branch}</b> was fetched.")

    async def begin() -> tuple[ArqRedis, asyncio.Task[None]]:
        redis = connection.connect(valkey_url)
        return redis, asyncio.create_task(ErrandWorker(redis, "worker-1", perform).serve())

    redis, task = gateway.run(begin())
    yield
    gateway.run(ended(task))
    gateway.run(redis.aclose(close_connection_pool=True))


def fill(page: Page, **fields: str) -> None:
    for label, text in fields.items():
        page.get_by_label(label.replace("_", " "), exact=True).fill(text)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_repository_is_added_by_its_form(gateway: Gateway, open_page: Open, *, scripts: bool) -> None:
    page = open_page(f"{gateway.url}/repositories", scripts=scripts)
    page.get_by_role("link", name="Add a repository").click()
    fill(page, Alias="docs", Address="https://git.example/acme/docs", Full_name="acme/docs")
    fill(page, Validation_commands="make -s check\nsh -c 'a | b'", Programs_it_may_run="make sh")
    page.get_by_label("Advisory").check()
    page.get_by_role("button", name="Add the repository").click()

    expect(page.locator(".notice")).to_contain_text("The repository is added.")
    expect(page.locator("h1")).to_contain_text("docs")
    expect(page.get_by_label("Validation commands")).to_have_value("make -s check\nsh -c 'a | b'")
    expect(page.get_by_label("Advisory")).to_be_checked()
    expect(page.locator("#advice")).to_have_count(0)


def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    gateway: Gateway, open_page: Open, screenshot: Screenshot
) -> None:
    page = open_page(f"{gateway.url}/repositories/-/new")
    fill(page, Alias="Pay Ments", Address="file:///etc", Validation_commands="ls\necho 'a", Priority="12")
    page.get_by_role("button", name="Add the repository").click()

    expect(page.get_by_role("alert")).to_contain_text("not saved")
    for field, words in (
        ("Alias", "Small letters"),
        ("Address", "is not usable"),
        ("Validation commands", "Line 2 opens a quotation"),
        ("Priority", "Give at most 9."),
    ):
        expect(page.get_by_label(field, exact=True)).to_have_accessible_description(re.compile(words))
    expect(page.get_by_label("Validation commands")).to_have_value("ls\necho 'a")
    for look in looks(page):
        screenshot(page, f"repository-wrong-{look}")
        check(page)


@pytest.mark.usefixtures("fetching")
@pytest.mark.parametrize("scripts", [True, False])
def test_a_clone_is_tried_from_its_page(gateway: Gateway, open_page: Open, *, scripts: bool) -> None:
    page = open_page(f"{gateway.url}/repositories/shop", scripts=scripts)
    page.get_by_role("button", name="Test clone").click()

    expect(page.locator("#test .errand")).to_contain_text("shop: <b>main</b> was fetched.")
    expect(page.locator("#test .steps li")).to_have_count(1)
    expect(page.get_by_label("Setup commands")).to_have_value("npm ci")


def test_a_repository_is_removed_after_a_question(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/repositories/shop")
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove shop").click()

    expect(page.locator(".notice")).to_have_text("The repository is removed.")
    expect(page.get_by_role("link", name="shop")).to_have_count(0)


def test_what_a_job_uses_cannot_be_removed(gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{gateway.url}/repositories/payments/remove")

    expect(page.get_by_role("button", name="Remove payments")).to_be_disabled()
    expect(page.locator(".reason a")).to_have_attribute("href", re.compile("/jobs/"))
