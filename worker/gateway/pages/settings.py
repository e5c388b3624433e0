"""The settings: where tickets come in, what arrived, what is set. Nothing secret, but a new secret, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from jobs import actors, holds
from jobs.errors import TryAgain
from jobs.job import now
from jobs.ledger import deliveries
from jobs.ledger import holds as kept
from jobs.ledger.deliveries import Filter, Received
from worker.gateway import delivery_words, installation, rendering, replaying, source_settings, source_view
from worker.gateway.pages.holds import banners
from worker.gateway.pages.query import LONGEST, notice
from worker.gateway.services import SERVICES, Services
from worker.gateway.views import Shown

PAGE = 25  # deliveries

REPLAYED = {
    "accepted": "Sent again: it was accepted.",
    "duplicate": "Sent again: there was nothing to do, as the list says.",
    "ignored": "Sent again: it was ignored, as the list says.",
    "refused": "Sent again: the receiver refused it; its log says why.",
}

_NOTICES = {f"replayed-{outcome}": sentence for outcome, sentence in REPLAYED.items()} | {
    "source-removed": "The source is removed. What it sends from now on finds nothing.",
}


@dataclass(frozen=True)
class Query:
    """Which deliveries the reader asked for; empty fields do not narrow."""

    outcome: str = ""
    before: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> Query:
        """Take what is known from a query string."""
        outcome = values.get("outcome", "")
        return cls(
            outcome=outcome if outcome in delivery_words.OUTCOMES else "",
            before=values.get("before", "")[:LONGEST],
        )

    def url(self, **changes: str) -> str:
        """The address of this view with some of its fields changed."""
        query = urlencode({name: value for name, value in (vars(self) | changes).items() if value})
        return f"/settings?{query}#deliveries" if query else "/settings#deliveries"

    @property
    def filter(self) -> Filter:
        """The same for the ledger."""
        return Filter(outcome=self.outcome, before=self.before)


@dataclass(frozen=True)
class Row:
    """One delivery of the list."""

    delivery: Received
    shown: Shown
    why: str


async def show(request: web.Request) -> web.Response:
    """Everything."""
    return await _page(request)


async def replay(request: web.Request) -> web.Response:
    """Send a delivery of the list again and lead back to where the form was."""
    services, form = request.config_dict[SERVICES], await request.post()
    answered = await replaying.replay_kept(services, request.match_info["id"], actors.BROWSER)
    became = str(answered.answer.get("status", ""))
    query = Query.read({name: str(value) for name, value in form.items()})
    outcome = became if became in REPLAYED else "refused"
    raise web.HTTPSeeOther(query.url(notice=f"replayed-{outcome}"))


async def _page(request: web.Request) -> web.Response:
    services, query, moment = request.config_dict[SERVICES], Query.read(request.query), now()
    found = await services.ledger.read(deliveries.listing, query.filter, limit=PAGE + 1)
    present = await services.ledger.read(kept.present)
    rows = [_row(delivery) for delivery in found[:PAGE]]
    sources = await source_view.look(services)
    told = request.query.get("notice", "")
    context = {
        "query": query,
        "rows": rows,
        "older": query.url(before=found[PAGE - 1].id) if len(found) > PAGE else "",
        "outcomes": list(delivery_words.OUTCOMES),
        "sources": sources,
        "asked": {source.name: source_settings.described(source.settings) for source in sources},
        "setups": delivery_words.SETUPS,
        "guessed": not services.settings.webhook_url,
        "banners": banners([hold for hold in present if holds.of_intake(hold.subject)], moment),
        "paused": holds.INTAKE in {hold.subject for hold in present},
        "facts": installation.facts(services.settings, await _slots(services)),
        "notice": _NOTICES.get(told, "") or notice(told),
    }
    return rendering.page(request, "settings.html", context)


def _row(delivery: Received) -> Row:
    shown = Shown(delivery.outcome, delivery_words.OUTCOMES.get(delivery.outcome, "queued"))
    return Row(delivery, shown, delivery_words.why(delivery))


async def _slots(services: Services) -> dict[str, int]:
    try:
        return await services.presence.slots()
    except TryAgain:
        return {}
