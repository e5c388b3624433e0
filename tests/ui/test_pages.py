"""Every page in both themes and both widths: nothing overflows, nothing complains, everything can be read."""

from __future__ import annotations

from playwright.sync_api import Page

from jobs.attachment import Attachment
from jobs.reasons import Code, because
from tests.support.browser import Open, Screenshot, addresses, looks
from tests.support.gateway.pages import Gateway
from tests.support.seeds import accounts, doings, work

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"

FACTS = """() => {
  const named = (element) => element.labels?.length || element.getAttribute("aria-label") || element.textContent.trim();
  const visible = (element) => element.checkVisibility({ visibilityProperty: true });
  return {
    h1: document.querySelectorAll("h1").length,
    nameless: [...document.querySelectorAll("input:not([type=hidden]), select, button, a")]
      .filter((element) => !named(element)).map((element) => element.outerHTML),
    headless: [...document.querySelectorAll("table")].filter((table) => !table.querySelector("th[scope]")).length,
    repeated: [...document.querySelectorAll("[id]")].map((element) => element.id)
      .filter((id, place, all) => all.indexOf(id) !== place),
    wrapped: [...document.querySelectorAll(".status")].filter(visible)
      .filter((element) => element.getBoundingClientRect().height > 26).map((element) => element.textContent),
    small: [...document.querySelectorAll("button, .button, nav a")].filter(visible)
      .filter((element) => element.getBoundingClientRect().height < (innerWidth < 500 ? 39 : 31))
      .map((element) => element.outerHTML),
  };
}"""

CONTRAST = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const paint = (...colours) => {
    context.clearRect(0, 0, 1, 1);
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    return [...context.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const luminance = (rgb) => {
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const [r, g, b] = rgb.map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => getComputedStyle(element).backgroundColor;
  const grounds = (element) => element ? [...grounds(element.parentElement), ground(element)] : [];
  const exempt = ".hidden, .skip, button:disabled, dialog:not([open])";
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || !element.checkVisibility() || element.closest(exempt)) continue;
    const behind = grounds(element);
    const [text, back] = [paint(...behind, getComputedStyle(element).color), paint(...behind)].map(luminance);
    const ratio = (Math.max(text, back) + 0.05) / (Math.min(text, back) + 0.05);
    if (ratio < 4.5) poor.push(`${ratio.toFixed(2)} ${element.className} ${element.textContent.trim().slice(0, 40)}`);
  }
  return poor;
}"""


def check(page: Page) -> None:
    """What holds on every page."""
    facts = page.evaluate(FACTS)

    assert page.evaluate(OVERFLOW) <= 0
    assert facts == {"h1": 1, "nameless": [], "headless": 0, "repeated": [], "wrapped": [], "small": []}
    assert page.evaluate(CONTRAST) == []


def test_every_page_fits_is_named_and_can_be_read(gateway: Gateway, open_page: Open, screenshot: Screenshot) -> None:
    page = open_page("about:blank")
    for name, address in addresses(gateway).items():
        page.goto(address)
        for look in looks(page):
            screenshot(page, f"{name}-{look}")
            check(page)


def test_the_longest_words_break_nothing(gateway: Gateway, open_page: Open, screenshot: Screenshot) -> None:
    word = "W" * 120
    chosen = accounts.selection(f"p{'rovider' * 8}", f"m{'odel' * 30}")
    reason = because(Code.INTERNAL_ERROR, f"JCA itself failed in {word}.")
    fields = {"selection": chosen, "branch": f"jca/{word}", "worker": word, "reason": reason}
    fields |= {"notes": (word,), "attachments": (Attachment(id="1", name=f"{word}.txt", size=1),)}
    long = work.job(word, word, repository="r" * 60, **fields)
    gateway.put(long)
    gateway.say(long.id, word * 5)
    gateway.run(gateway.services.ledger.write(doings.long, word))
    page = open_page("about:blank")

    for name, path in {
        "queue": "/queue",
        "job": f"/jobs/{long.id}",
        "ticket": f"/jobs/{long.id}?tab=ticket",
        "ticket-page": f"/tickets/github/{word}",
        "repositories": "/repositories",
        "repository": f"/repositories/{'w' * 64}",
        "settings": "/settings",
        "audit": "/audit",
    }.items():
        page.goto(gateway.url + path)
        for look in looks(page):
            screenshot(page, f"long-{name}-{look}")
            assert page.evaluate(OVERFLOW) <= 0
