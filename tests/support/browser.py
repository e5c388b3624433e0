"""What the tests of the pages ask of their browser, and which pages there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal, Protocol

from playwright.sync_api import Page, ViewportSize

from tests.support.gateway.pages import Gateway


class Open(Protocol):
    """Opens an address in a fresh browser profile."""

    def __call__(
        self,
        url: str,
        *,
        theme: Literal["light", "dark"] = "light",
        width: int = 1280,
        scripts: bool = True,
    ) -> Page: ...


THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
WIDTHS = (1280, 390)
HEIGHT = 860

Screenshot = Callable[[Page, str], None]

PAGES = {
    "queue": "/queue",
    "queue-failed": "/queue?status=failed",
    "queue-nothing": "/queue?q=zzz",
    "job": "/jobs/{running}",
    "job-search": "/jobs/{running}?q=failed",
    "job-changes": "/jobs/{running}?tab=changes",
    "job-validation": "/jobs/{running}?tab=validation",
    "job-ticket": "/jobs/{running}?tab=ticket",
    "job-history": "/jobs/{succeeded}?tab=history",
    "job-report": "/jobs/{succeeded}?tab=report",
    "job-raw": "/jobs/{succeeded}?tab=raw",
    "job-held": "/jobs/{held}",
    "job-denied": "/jobs/{denied}",
    "job-failed": "/jobs/{failed}",
    "job-unpublished": "/jobs/{unpublished}",
    "ticket-page": "/tickets/github/PAY-412",
    "pause": "/queue/pause",
    "providers": "/providers",
    "repositories": "/repositories",
    "repository": "/repositories/shop",
    "repository-new": "/repositories/-/new",
    "repository-removal": "/repositories/shop/remove",
    "repository-in-use": "/repositories/payments/remove",
    "settings": "/settings",
    "settings-ignored": "/settings?outcome=ignored",
    "source": "/settings/sources/jira-ops",
    "source-new": "/settings/sources/-/new",
    "source-removal": "/settings/sources/jira-ops/remove",
    "audit": "/audit",
    "audit-narrowed": "/audit?action=source&actor=cli",
    "audit-nothing": "/audit?q=zzz",
}


def addresses(gateway: Gateway) -> dict[str, str]:
    """Every page by name: the queue, jobs with each of their tabs, providers, repositories, settings and audit."""
    ids = {key: job.id for key, job in gateway.jobs.items()}
    return {name: gateway.url + path.format(**ids) for name, path in PAGES.items()}


def looks(page: Page) -> Iterator[str]:
    """Show a loaded page in both themes and both widths, one after the other, without motion."""
    for theme, width in product(THEMES, WIDTHS):
        page.set_viewport_size(ViewportSize(width=width, height=HEIGHT))
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        yield f"{theme}-{width}"
