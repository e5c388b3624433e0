"""The providers: what each can do, on which worker, and what to do where it cannot."""

from __future__ import annotations

from aiohttp import web

from jobs.job import Status, now
from jobs.ledger import records
from jobs.ledger.records import Filter
from worker.gateway import pulse, rendering, views
from worker.gateway import standing as standings
from worker.gateway.services import SERVICES


async def show(request: web.Request) -> web.Response:
    """One card per profile, the usable ones first."""
    services = request.config_dict[SERVICES]
    digest = await request.config_dict[pulse.PULSE].digest()
    catalog = await services.catalog()
    standing = await standings.look(services, now())
    async with services.ledger.read() as tx:
        waiting = {
            profile.account: (
                await records.counts(tx, Filter(statuses=(Status.QUEUED,), provider=profile.account))
            ).get(Status.QUEUED, 0)
            for profile in catalog.providers
        }
    cards = [views.card(profile, standing, waiting[profile.account]) for profile in catalog.providers]
    context = {"cards": views.in_order(cards), "default": catalog.workspace.provider, "digest": digest}
    return rendering.page(request, "providers.html", context)
