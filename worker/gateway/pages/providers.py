"""The providers: what each can do, on which worker, and what to do where it cannot."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing, suppress
from typing import NoReturn

from aiohttp import web

from jobs.errand import Errand, Progress
from jobs.errors import NotFound, TryAgain
from jobs.job import Status, now
from jobs.ledger import records
from jobs.ledger.database import Transaction
from jobs.ledger.records import Filter
from worker.gateway import errands, pulse, rendering, views
from worker.gateway import standing as standings
from worker.gateway.pages.forms import WHO
from worker.gateway.services import SERVICES, Services

PATIENCE = 20.0  # seconds a form waits for the end of its test


async def show(request: web.Request) -> web.Response:
    """One card per profile, the usable ones first."""
    services = request.config_dict[SERVICES]
    digest = await request.config_dict[pulse.PULSE].digest()
    catalog = await services.catalog()
    standing = await standings.look(services, now())
    waiting = await services.ledger.read(_waiting, [profile.account for profile in catalog.providers])
    workers, progress = await _workers(services), await _errand(services, request.query.get("errand", ""))
    cards = [views.card(profile, standing, waiting[profile.account]) for profile in catalog.providers]
    context = {
        "cards": views.in_order(cards),
        "default": catalog.workspace.provider,
        "digest": digest,
        "workers": workers,
        "progress": progress,
    }
    return rendering.page(request, "providers.html", context)


async def test(request: web.Request) -> NoReturn:
    """Let a worker test one provider, and lead back to its card, which then shows what the worker says.

    A page that cannot follow the test live is led back when it is over, or after a while.
    """
    services, name, form = request.config_dict[SERVICES], request.match_info["name"], await request.post()
    model, worker = str(form.get("model", "")), str(form.get("worker", ""))
    errand = await errands.prove_provider(services, name, model, worker, WHO)
    if form.get("live") != "yes":
        await _over(services, errand)
    raise web.HTTPSeeOther(f"/providers?errand={errand.id}#{name}")


async def _over(services: Services, errand: Errand) -> None:
    with suppress(TimeoutError, NotFound):
        async with asyncio.timeout(PATIENCE), aclosing(services.errands.follow(errand.id)) as words:
            async for _ in words:
                pass


async def _workers(services: Services) -> list[str]:
    try:
        return await services.presence.workers()
    except TryAgain:
        return []


async def _errand(services: Services, errand_id: str) -> Progress | None:
    """What the page was asked to show of an errand; none where it is over for long."""
    try:
        return await services.errands.look(errand_id) if errand_id else None
    except (NotFound, TryAgain):
        return None


def _waiting(tx: Transaction, accounts: Iterable[str]) -> dict[str, int]:
    """How many jobs wait for each account."""
    queued = {name: records.counts(tx, Filter(statuses=(Status.QUEUED,), provider=name)) for name in accounts}
    return {name: counts.get(Status.QUEUED, 0) for name, counts in queued.items()}
