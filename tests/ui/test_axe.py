"""What axe-core, the reference among accessibility checkers, says of every page."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support import npm
from tests.support.browser import PAGES, Open, addresses, looks
from tests.support.gateway.pages import Gateway

pytestmark = [pytest.mark.vendors, pytest.mark.timeout(600)]

VERSION = "4.14.1"
RUN = """() => axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  resultTypes: ["violations"],
})"""


@pytest.fixture(scope="module")
def axe() -> str:
    """The checker's source; evaluated through the debugger, to which the page's policy does not apply."""
    return (npm.package("axe-core", VERSION) / "axe.min.js").read_text()


def violations(page: Page, axe: str) -> list[tuple[str, Any]]:
    """Broken rules, each with the elements that break it."""
    page.evaluate(axe)
    found = page.evaluate(RUN)
    assert found["testEngine"]["version"] == VERSION
    return [(rule["id"], [node["failureSummary"] for node in rule["nodes"]]) for rule in found["violations"]]


def test_no_page_violates_the_guidelines(gateway: Gateway, open_page: Open, axe: str) -> None:
    page = open_page("about:blank")
    found = {}
    for name, address in addresses(gateway).items():
        page.goto(address)
        for look in looks(page):
            found[f"{name}-{look}"] = violations(page, axe)

    assert len(found) == 4 * len(PAGES)
    assert {name: broken for name, broken in found.items() if broken} == {}


def test_what_is_broken_on_purpose_is_found(gateway: Gateway, open_page: Open, axe: str) -> None:
    page = open_page(f"{gateway.url}/queue")
    page.evaluate("document.documentElement.lang = ''; document.querySelector('h1').style.color = '#ccc'")

    assert {rule for rule, _ in violations(page, axe)} == {"html-has-lang", "color-contrast"}
