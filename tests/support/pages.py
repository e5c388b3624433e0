"""What the tests of the pages ask of their browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from playwright.sync_api import Page


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


Screenshot = Callable[[Page, str], None]
