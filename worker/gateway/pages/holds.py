"""Pausing and resuming by plain forms, and the banners that say what is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web

from jobs import errors, holds
from jobs.actors import BROWSER
from jobs.holds import Hold
from worker.gateway import hold_actions, rendering, waiting
from worker.gateway.pages.forms import way_back
from worker.gateway.services import SERVICES, Services


@dataclass(frozen=True)
class Banner:
    """A hold as the queue page shows it."""

    hold: Hold
    whose: str
    sentence: str
    can_resume: bool


def banners(present: Sequence[Hold], moment: datetime) -> list[Banner]:
    """The holds of many jobs first, then those of single persons and tickets."""
    ordered = sorted(present, key=lambda hold: (not holds.of_lanes(hold.subject), hold.subject))
    return [
        Banner(hold, holds.named(hold.subject), waiting.held_until(hold, moment), hold_actions.may_resume(hold))
        for hold in ordered
    ]


async def ask(request: web.Request) -> web.Response:
    """What is to be paused, and why: what a person confirms by sending it."""
    services = request.config_dict[SERVICES]
    context = {
        "subjects": [(subject, holds.named(subject)) for subject in await _subjects(services)],
        "chosen": request.query.get("subject", holds.EVERYTHING),
        "back": way_back(request.query.get("back", "")),
        "longest": hold_actions.LONGEST_NOTE,
    }
    return rendering.page(request, "pause.html", context)


async def act(request: web.Request) -> web.Response:
    """Pause or resume and lead back to where the form was."""
    services, values = request.config_dict[SERVICES], await request.post()
    subject, back = str(values.get("subject", "")), way_back(str(values.get("back", "")))
    verb = values.get("do")
    if verb == "pause":
        await hold_actions.pause(services, subject, str(values.get("note", "")), BROWSER)
    elif verb == "resume":
        await hold_actions.resume(services, subject, BROWSER)
    else:
        raise errors.BadInput("This form asks for nothing that can be done.", remedy="Reload the page.")
    raise web.HTTPSeeOther(f"{back}{'&' if '?' in back else '?'}notice={verb}d")


async def _subjects(services: Services) -> list[str]:
    catalog = await services.catalog()
    accounts = [holds.account(profile.account) for profile in catalog.providers]
    return [holds.EVERYTHING, *accounts, *(holds.repository(one.alias) for one in catalog.repositories)]
