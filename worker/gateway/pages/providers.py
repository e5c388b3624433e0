"""The providers: what each can do, on which worker, and what to do where it cannot."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from aiohttp import web

from jobs.actors import BROWSER
from jobs.job import Status, now
from jobs.ledger import records
from jobs.ledger.database import Transaction
from jobs.ledger.records import Filter
from worker.gateway import errands, pulse, rendering, views
from worker.gateway import standing as standings
from worker.gateway.pages import errand
from worker.gateway.services import SERVICES


async def show(request: web.Request) -> web.Response:
    """One card per profile, the usable ones first."""
    services = request.config_dict[SERVICES]
    digest = await request.config_dict[pulse.PULSE].digest()
    catalog = await services.catalog()
    standing = await standings.look(services, now())
    waiting = await services.ledger.read(_waiting, [profile.account for profile in catalog.providers])
    workers, progress = await errand.workers(services), await errand.look(services, request.query.get("errand", ""))
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
    asked = await errands.prove_provider(services, name, model, worker, BROWSER)
    if form.get("live") != "yes":
        await errand.over(services, asked)
    raise web.HTTPSeeOther(f"/providers?errand={asked.id}#{name}")


def _waiting(tx: Transaction, accounts: Iterable[str]) -> dict[str, int]:
    """How many jobs wait for each account."""
    queued = {name: records.counts(tx, Filter(statuses=(Status.QUEUED,), provider=name)) for name in accounts}
    return {name: counts.get(Status.QUEUED, 0) for name, counts in queued.items()}
