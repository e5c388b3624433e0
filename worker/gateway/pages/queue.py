"""The queue: which jobs there are, where each is, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

from aiohttp import web

from jobs import errors
from jobs.job import Job, Status, now
from jobs.ledger import records, runs
from jobs.ledger.database import Transaction
from worker.gateway import listing, pulse, rendering, views
from worker.gateway import standing as standings
from worker.gateway.pages.query import Query, notice
from worker.gateway.services import SERVICES, Services


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
        stages = await _stages(tx, shelf.jobs)
    scene = views.Scene(standing, moment, await _positions(services, shelf.jobs), stages)
    context = {
        "query": query,
        "shelf": shelf,
        "rows": [views.row(job, scene) for job in shelf.jobs],
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


async def _stages(tx: Transaction, jobs: Sequence[Job]) -> dict[str, str]:
    active = [job for job in jobs if job.status in {Status.RUNNING, Status.PUBLISHING}]
    found = {job.id: views.current_stage(await runs.stages(tx, job.id, job.run)) for job in active}
    publishing = {job.id: "pull request" for job in active if job.status is Status.PUBLISHING}
    return {job_id: name for job_id, name in (found | publishing).items() if name}


async def _positions(services: Services, jobs: Sequence[Job]) -> dict[str, int]:
    waiting = {job.dispatch_id: job.id for job in jobs if job.status is Status.QUEUED}
    try:
        places = await services.dispatch.places(waiting) if waiting else {}
    except errors.TryAgain:
        return {}
    return {waiting[dispatch_id]: place.position for dispatch_id, place in places.items()}
