"""The queue: which jobs there are, where each is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from aiohttp import web

from jobs.job import Job, now
from jobs.ledger import records
from jobs.ledger.database import Transaction
from worker.gateway import listing, pulse, rendering, scene, views
from worker.gateway import standing as standings
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
    async with services.ledger.read() as tx:
        shelf = await _look(tx, query, standing)
        around = await scene.look(services, tx, shelf.jobs, (standing, moment))
    context = {
        "query": query,
        "shelf": shelf,
        "rows": [views.row(job, around) for job in shelf.jobs],
        "tiles": _tiles(query, shelf.counts),
        "matching": shelf.counts[query.status] if query.status else sum(shelf.counts.values()),
        "digest": digest,
        "notice": notice(request.query.get("notice", "")),
    }
    return rendering.page(request, "queue.html", context)


def _tiles(query: Query, counts: dict[str, int]) -> list[Tile]:
    return [
        Tile(word, count, query.url(status="" if word == query.status else word, before=""), word == query.status)
        for word, count in counts.items()
    ]


async def _look(tx: Transaction, query: Query, standing: standings.Standing) -> Shelf:
    providers, repositories = await records.facets(tx)
    accounts = listing.Accounts(tuple(providers), standing.ready_accounts)
    wanted = query.filter
    found = await listing.page(tx, listing.filters(query.status, wanted, accounts), records.PAGE + 1)
    jobs = found[: records.PAGE]
    return Shelf(
        jobs=jobs,
        older=query.url(before=jobs[-1].id) if len(found) > len(jobs) else "",
        counts=await listing.counts(tx, wanted, accounts),
        providers=providers,
        repositories=repositories,
        total=sum((await records.counts(tx)).values()),
    )
