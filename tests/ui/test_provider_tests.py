"""A provider is tested from its card: live with scripts, by plain form without."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from arq.connections import ArqRedis
from playwright.sync_api import expect

from jobs.errand import Errand, ErrandEnd, ErrandStep
from jobs.queue import connection
from jobs.queue.errand_worker import ErrandWorker, Report
from tests.support.browser import Open, Screenshot, looks
from tests.support.gateway.pages import Gateway
from tests.ui.test_pages import check
from worker.serving import ended

CARD = "#openai-compatible"
REMEDY = "Correct the key of this provider."


class Trial:
    """A worker whose tests go on as a test of the page says."""

    def __init__(self) -> None:
        self.done: list[Errand] = []
        self.go_on = threading.Event()

    async def perform(self, errand: Errand, report: Report) -> ErrandEnd:
        self.done.append(errand)
        await report(ErrandStep(name="reach", ok=True, detail="The endpoint answers.", milliseconds=12))
        await asyncio.to_thread(self.go_on.wait, 20)
        await report(ErrandStep(name="authenticate", ok=False, detail="401 <b>bad</b> key", remedy=REMEDY))
        return ErrandEnd(ok=False, sentence="authenticate: 401 <b>bad</b> key", remedy=REMEDY)


@pytest.fixture
def tester(gateway: Gateway, valkey_url: str) -> Iterator[Trial]:
    tester = Trial()

    async def begin() -> tuple[ArqRedis, asyncio.Task[None]]:
        redis = connection.connect(valkey_url)
        return redis, asyncio.create_task(ErrandWorker(redis, "worker-1", tester.perform).serve())

    redis, task = gateway.run(begin())
    yield tester
    tester.go_on.set()
    gateway.run(ended(task))
    gateway.run(redis.aclose(close_connection_pool=True))


def test_steps_appear_under_the_card_without_a_reload(
    gateway: Gateway, tester: Trial, open_page: Open, screenshot: Screenshot
) -> None:
    page = open_page(f"{gateway.url}/providers")
    page.evaluate("window.stays = true")
    page.locator(CARD).get_by_role("button", name="Test").click()
    errand = page.locator(f"{CARD} .errand")
    expect(errand).to_contain_text("testing")
    expect(errand.locator("li")).to_have_count(1)
    for look in looks(page):
        screenshot(page, f"provider-testing-{look}")
        check(page)

    tester.go_on.set()
    expect(errand).to_contain_text("failed")
    expect(errand.locator(".remedy")).to_have_text(REMEDY)
    expect(page.locator("#connection")).to_contain_text("live")
    assert errand.locator("b").all_text_contents() == ["reach", "authenticate"]
    assert page.evaluate("window.stays") is True
    for look in looks(page):
        screenshot(page, f"provider-tested-{look}")
        check(page)


def test_it_works_by_plain_form_and_shows_the_result(gateway: Gateway, tester: Trial, open_page: Open) -> None:
    tester.go_on.set()
    page = open_page(f"{gateway.url}/providers", scripts=False)
    page.locator(CARD).get_by_role("combobox", name="Where to test it").select_option("worker-1")
    page.locator(CARD).get_by_role("button", name="Test").click()

    expect(page.locator(f"{CARD} .errand")).to_contain_text("failed")
    expect(page.locator(f"{CARD} .errand .remedy")).to_have_text(REMEDY)
    assert [errand.worker for errand in tester.done] == ["worker-1"]


def test_without_a_worker_nothing_can_be_tested(empty_gateway: Gateway, open_page: Open) -> None:
    page = open_page(f"{empty_gateway.url}/providers")

    expect(page.locator(CARD).get_by_role("button", name="Test")).to_be_disabled()
