"""The queue: which jobs there are, where each is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode

from aiohttp import web

from jobs import holds as subjects
from jobs.job import Job, now
from jobs.ledger import records
from jobs.ledger.database import Transaction
from worker.gateway import listing, pulse, rendering, scene, views
from worker.gateway import standing as standings
from worker.gateway.pages import holds
from worker.gateway.pages.query import Query, notice
from worker.gateway.services import SERVICES


@dataclass(frozen=True)
class Tile:
    """One status with its count, as a filter."""

    word: str
    count: int
    url: str
    current: bool


@dataclass(frozen=True)
class Shelf:
    """Everything the page shows of the ledger."""

    jobs: list[Job]
    ground: scene.Ground
    older: str
    """Address of the next page; empty on the last one."""
    counts: dict[str, int]
    providers: Sequence[str]
    repositories: Sequence[str]
    total: int
    """Jobs in the ledger, whatever the filter."""


async def home(_request: web.Request) -> NoReturn:
    """The queue is the front page."""
    raise web.HTTPFound("/queue")


async def show(request: web.Request) -> web.Response:
    """One page of jobs with its filters."""
    services, query = request.config_dict[SERVICES], Query.read(request.query)
    digest = await request.config_dict[pulse.PULSE].digest()
    moment = now()
    standing = await standings.look(services, moment)
    shelf = await services.ledger.read(_look, query, standing)
    around = await scene.look(services, shelf.jobs, shelf.ground, (standing, moment))
    context = {
        "query": query,
        "shelf": shelf,
        "rows": [views.row(job, around) for job in shelf.jobs],
        "tiles": _tiles(query, shelf.counts),
        "matching": shelf.counts[query.status] if query.status else sum(shelf.counts.values()),
        "banners": holds.banners(shelf.ground.holds, moment),
        "pause_url": _pause_url(query),
        "digest": digest,
        "notice": notice(request.query.get("notice", "")),
    }
    return rendering.page(request, "queue.html", context)


def _pause_url(query: Query) -> str:
    """Where to pause what the page is narrowed to, or else everything."""
    subject = subjects.repository(query.repo) if query.repo else subjects.account(query.provider)
    wanted = {"subject": subject if query.repo or query.provider else subjects.EVERYTHING, "back": query.url()}
    return f"/queue/pause?{urlencode(wanted)}"


def _tiles(query: Query, counts: dict[str, int]) -> list[Tile]:
    return [
        Tile(word, count, query.url(status="" if word == query.status else word, before=""), word == query.status)
        for word, count in counts.items()
    ]


def _look(tx: Transaction, query: Query, standing: standings.Standing) -> Shelf:
    providers, repositories = records.facets(tx)
    wanted, met = query.filter, listing.obstacles(tx, standing)
    found = listing.page(tx, listing.filters(query.status, wanted, met), records.PAGE + 1)
    jobs = found[: records.PAGE]
    return Shelf(
        jobs=jobs,
        ground=scene.ground(tx, jobs),
        older=query.url(before=jobs[-1].id) if len(found) > len(jobs) else "",
        counts=listing.counts(tx, wanted, met),
        providers=providers,
        repositories=repositories,
        total=sum(records.counts(tx).values()),
    )
