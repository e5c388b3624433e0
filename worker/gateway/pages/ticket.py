"""One ticket: its jobs, and every step from the first delivery to the last word."""

from __future__ import annotations

from aiohttp import web

from jobs import errors
from jobs.job import now
from worker.gateway import pulse, rendering, scene, ticket_story, views
from worker.gateway import standing as standings
from worker.gateway.services import SERVICES


async def show(request: web.Request) -> web.Response:
    """All of it."""
    services = request.config_dict[SERVICES]
    source, key = request.match_info["source"], request.match_info["key"]
    digest = await request.config_dict[pulse.PULSE].digest()
    moment = now()
    standing = await standings.look(services, moment)
    story = await services.ledger.read(ticket_story.read, source, key)
    if not story:
        remedy = "Its deliveries may be refused: the log of the receiver and Settings, Recent deliveries, say why."
        raise errors.NotFound(f"Nothing is known of a ticket {key} of {source}.", remedy=remedy)
    around = await scene.look(services, story.jobs, story.ground, (standing, moment))
    context = {
        "source": source,
        "key": key,
        "ticket": story.jobs[0].ticket if story.jobs else None,
        "rows": [views.row(job, around) for job in story.jobs],
        "steps": ticket_story.steps(story),
        "cut": story.cut,
        "digest": digest,
    }
    return rendering.page(request, "ticket.html", context)
