"""A seeded gateway and a Chromium to look at it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.support.browser import HEIGHT, Open, Screenshot
from tests.support.gateway import pages
from tests.support.gateway.pages import Gateway

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
ARTIFACTS = Path(__file__).parents[2] / "artifacts"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def gateway(tmp_path: Path, valkey_url: str) -> Iterator[Gateway]:
    with pages.running(tmp_path, valkey_url) as gateway:
        yield gateway


@pytest.fixture
def empty_gateway(tmp_path: Path, valkey_url: str) -> Iterator[Gateway]:
    with pages.running(tmp_path, valkey_url, seeded=False) as gateway:
        yield gateway


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a page in a given theme and width; any console message or page error fails the test."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def open_page(
        url: str,
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1280,
        scripts: bool = True,
    ) -> Page:
        size = ViewportSize(width=width, height=HEIGHT)
        context = browser.new_context(viewport=size, color_scheme=theme, java_script_enabled=scripts)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda said: trouble.append(said.text) if said.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    expected = r"ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|status of 4(00|09)"  # of a form that was sent back
    unexpected = [text for text in trouble if not re.search(expected, text)]
    assert unexpected == []


@pytest.fixture
def screenshot() -> Screenshot:
    """Keep a picture when JCA_SCREENSHOTS=1."""

    def screenshot(page: Page, name: str) -> None:
        if os.environ.get("JCA_SCREENSHOTS") == "1":
            ARTIFACTS.mkdir(exist_ok=True)
            page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)

    return screenshot
