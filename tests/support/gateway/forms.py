"""Forms of the pages, as a browser without JavaScript sends them."""

from __future__ import annotations

from html import unescape
from typing import NamedTuple

from tests.support.gateway.api import Running
from worker.gateway.form import Form

SAME = {"Sec-Fetch-Site": "same-origin"}


class Page(NamedTuple):
    """What is shown, its text as a person reads it."""

    status: int
    text: str
    location: str


async def show(gateway: Running, path: str) -> Page:
    """Open a page."""
    answer = await gateway.client.get(f"http://{gateway.address}{path}")
    return Page(answer.status_code, unescape(answer.text), "")


async def send(gateway: Running, path: str, **fields: str) -> Page:
    """Send a form."""
    answer = await gateway.client.post(f"http://{gateway.address}{path}", data=fields, headers=SAME)
    return Page(answer.status_code, unescape(answer.text), answer.headers.get("Location", ""))


def fields(form: Form) -> dict[str, str]:
    """What a browser sends of a form: boxes without a tick are left out."""
    return {name: text for name, text in form.values.items() if text} | {"version": form.version}
