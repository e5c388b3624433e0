"""Poll: what no delivery told. The only intake where no webhook reaches, and the repair of what a webhook lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from jobs import errors
from jobs.catalog import Catalog, Source
from jobs.commands import Asked, read_command, text_hash
from jobs.eligibility import unmet
from jobs.job import Job, now
from jobs.ledger import commands, configuration, records, twins
from jobs.ledger.database import Transaction
from jobs.reach import Reach
from jobs.reasons import Code
from jobs.repository import Repository
from jobs.ticket import Person, Ticket
from worker.duties import reading
from worker.duties.office import Office
from worker.trackers.protocol import Remark, Tracker

log = structlog.get_logger()

OVERLAP = timedelta(minutes=2)
"""Looked through again each time: trackers list what changed with some delay, and their clocks differ from ours."""

FURTHEST = timedelta(days=3)
"""How far back the first look goes, and one after a long silence; GitHub keeps deliveries as long."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
NOBODY = Person(id="")


async def once(office: Office) -> int:
    """Look at every source whose time has come; returns how many tickets and commands were taken in."""
    sources, catalog = await office.sources(), await office.catalog()
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(_of_source(office, catalog, source)) for source in sources.values()]
    return sum(look.result() for look in looks)


async def _of_source(office: Office, catalog: Catalog, source: Source) -> int:
    began, last = now(), await office.ledger.read(_last, source.name)
    if source.kind == "local" or (last and began - last < timedelta(seconds=source.rules.poll_seconds)):
        return 0
    since = max(last - OVERLAP, began - FURTHEST) if last else began - FURTHEST
    try:
        taken = await _look(office, catalog, source, since)
        taken += await _hear(office, catalog, source, since) if last else 0  # before the first look nobody listened
    except errors.JcaError as error:
        log.warning("poll_failed", source=source.name, why=str(error))
        return 0
    await office.ledger.write(configuration.set_mark, _mark(source.name), began.isoformat())
    return taken


async def _look(office: Office, catalog: Catalog, source: Source, since: datetime) -> int:
    tracker = await office.tracker(source.name)
    label, taken = catalog.workspace.managed_label, 0
    async for found in tracker.changed_since(since, label, _polled(catalog, source)):
        if unmet(found.ticket, source.rules, closed=found.closed):
            continue  # a ticket on its way: it is taken when it is ready
        taken += await _take_in(office, tracker, found.ticket)
    again = await tracker.redeliver(since)
    if taken or again:
        log.info("poll_found", source=source.name, tickets=taken, redelivered=again)
    return taken


async def _hear(office: Office, catalog: Catalog, source: Source, since: datetime) -> int:
    """Record what comments command, each once, whether a delivery told of it or not; returns how many were new."""
    tracker, heard = await office.tracker(source.name), 0
    label = catalog.workspace.managed_label
    async for remark in tracker.remarks_since(since, label, _polled(catalog, source)):
        if asked := read_command(remark.text, remark.flavor).asked:
            heard += await office.ledger.write(commands.record, _command(source, remark, asked))
    if heard:
        log.info("poll_heard", source=source.name, commands=heard)
    return heard


def _command(source: Source, remark: Remark, asked: Asked) -> commands.Command:
    return commands.Command(
        source=source.name,
        ticket_key=remark.ticket_key,
        kind=asked.verb,
        words=asked.words,
        actor=remark.author,
        comment_id=remark.id,
        comment_url=remark.url,
        comment_hash=text_hash(remark.text),
        created_at=remark.at,
    )


async def _take_in(office: Office, tracker: Tracker, ticket: Ticket) -> bool:
    """Take a ticket in unless it or its text is known; True when there is something new."""
    became, earlier = await office.ledger.write(_accept, ticket)
    log.debug("polled", ticket=ticket.key, became=became)
    if became != "edited" or earlier is None:
        return became == "accepted"
    history = await reading.history_of(tracker, ticket)
    who = None
    if history:
        who = history.title.by if earlier.title != ticket.title else history.body.by
    edited = commands.Command(
        source=ticket.source,
        ticket_key=ticket.key,
        kind="edited",
        ticket=ticket,
        actor=who or NOBODY,
        comment_id=f"{ticket.key}:{ticket.fingerprint()}"[:128],
    )
    return await office.ledger.write(commands.record, edited)


def _accept(tx: Transaction, ticket: Ticket) -> tuple[str, Ticket | None]:
    """Record a job for a ticket; for one with an unfinished job of another text, return that text."""
    twins.lock(tx, ticket)
    known = twins.find(tx, ticket, EVER)
    if known.unfinished:
        earlier = records.get(tx, known.unfinished).ticket
        return ("edited", earlier) if earlier.fingerprint() != ticket.fingerprint() else ("known", None)
    if known.same_text:  # only a person's act, which a poll does not see, asks for the same once more
        return Code.WAITING_FOR_CONTINUATION.value, None
    records.insert_job(tx, Job(ticket=ticket), who="poll", why="found by asking the tracker")
    return "accepted", None


def _polled(catalog: Catalog, source: Source) -> list[Repository]:
    """The repositories whose issues are asked for, where tickets live in repositories."""
    return Reach.of(source, catalog).writable


def _mark(source: str) -> str:
    return f"poll:{source}"


def _last(tx: Transaction, source: str) -> datetime | None:
    mark = configuration.mark(tx, _mark(source))
    return datetime.fromisoformat(mark) if mark else None
