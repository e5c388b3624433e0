"""Triage: is the sender allowed, which repository, which provider and model. Admits or denies, with one reason."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from jobs import errors, routing
from jobs.catalog import Catalog, Repository, Source, Workspace
from jobs.directives import Parsed, parse_directives
from jobs.directives.labels import parse_labels
from jobs.directives.support import unsupported
from jobs.eligibility import eligible
from jobs.job import Job, Status, advance
from jobs.ledger import holds, outbox, records
from jobs.ledger.database import Transaction
from jobs.reasons import Code, Reason, because
from jobs.selection import Selection, resolve_selection
from jobs.slug import branch_name
from worker.duties import dispatching
from worker.duties.office import Office

log = structlog.get_logger()


@dataclass(frozen=True)
class Admitted:
    """What an admitted job will work on and with."""

    parsed: Parsed
    repository: Repository
    selection: Selection


async def once(office: Office) -> int:
    """Decide every received job; returns how many were."""
    received = await office.ledger.read(records.with_status, [Status.RECEIVED])
    if received:
        catalog, sources = await office.catalog(), await office.sources()
        for job in received:
            await _settle(office, job, _decided(job, catalog, sources.get(job.ticket.source)), catalog)
    return len(received)


def _decided(job: Job, catalog: Catalog, source: Source | None) -> Admitted | Reason:
    try:
        return decide(job, catalog, source)
    except Exception as error:  # a ticket nobody can read must not keep all others waiting
        log.exception("triage_broke", **job.log_context())
        return because(Code.INTERNAL_ERROR, f"JCA itself failed in triage: {type(error).__name__}: {error}.")


def decide(job: Job, catalog: Catalog, source: Source | None) -> Admitted | Reason:
    """The decision, from the records alone."""
    ticket = job.ticket
    known = {profile.name for profile in catalog.providers} | {profile.kind.value for profile in catalog.providers}
    parsed = parse_directives(ticket.body, flavor=ticket.flavor, providers=known)
    if denied := _unwanted(job, parsed, catalog.workspace) or _unreadable(parsed) or _forbidden(job, source):
        return denied
    labels = parse_labels(ticket.labels)
    writable = source.repositories if source and (source.repositories or source.kind == "local") else None
    routed = routing.route_repository(ticket, parsed.directives, labels, catalog, writable)
    if isinstance(routed, Reason):
        return routed
    selection = resolve_selection(parsed.directives, labels, routed.repository, catalog)
    if isinstance(selection, Reason):
        return selection
    return Admitted(parsed, routed.repository, selection)


def _unwanted(job: Job, parsed: Parsed, workspace: Workspace) -> Reason | None:
    """The receiver asks this too, but does not read long bodies to their end."""
    if eligible(job.ticket, parsed, workspace) is None:
        return None
    sentence = f"The ticket has neither the label {workspace.managed_label} nor a [JCA] block."
    return because(Code.MANAGED_LABEL_MISSING, sentence, f"Add the label {workspace.managed_label} and send it again.")


def _unreadable(parsed: Parsed) -> Reason | None:
    problem = parsed.error or unsupported(parsed.directives)
    if problem is None:
        return None
    code = {"unknown_provider": Code.PROVIDER_UNKNOWN, "not_supported_yet": Code.NOT_SUPPORTED_YET}.get(
        problem.code,
        Code.DIRECTIVE_ERROR,
    )
    place = f"Line {problem.line}: " if problem.line else ""
    hint = f"Did you mean `{problem.suggestion}`? " if problem.suggestion else ""
    return because(code, f"{place}{problem.message}", f"{hint}Correct the [JCA] block in the ticket and send it again.")


def _forbidden(job: Job, source: Source | None) -> Reason | None:
    if source is None:
        sentence = f"The source {job.ticket.source} does not exist any more."
        return because(Code.ACTOR_NOT_ALLOWED, sentence, "Add it with `jca sources add`, then retry the job.")
    actor = job.actor.id if job.actor else ""
    open_to_all = source.kind == "local" and not source.actors  # whoever holds its secret speaks for its people
    if open_to_all or "*" in source.actors or actor.casefold() in {name.casefold() for name in source.actors}:
        return None
    sentence = f"{actor or 'An unknown person'} may not start jobs through {source.name}."
    step = f"An administrator can allow it with `jca sources add {source.kind} --actor {actor or 'LOGIN'}`."
    return because(Code.ACTOR_NOT_ALLOWED, sentence, step)


async def _settle(office: Office, job: Job, decision: Admitted | Reason, catalog: Catalog) -> None:
    try:
        if isinstance(decision, Reason):
            await office.ledger.write(_deny, job, decision)
        else:
            await _admit(office, job, decision, catalog)
    except errors.Conflict:
        log.info("triage_overtaken", **job.log_context())


def _deny(tx: Transaction, job: Job, reason: Reason) -> None:
    records.save(tx, advance(job, Status.DENIED, reason), who="triage")
    outbox.owe(tx, job.id, outbox.Effect.REPORT)


async def _admit(office: Office, job: Job, admitted: Admitted, catalog: Catalog) -> None:
    queued = advance(
        job,
        Status.QUEUED,
        directives=admitted.parsed.directives,
        repository=admitted.repository.alias,
        selection=admitted.selection,
        branch=job.branch or branch_name(job.ticket.key, job.ticket.title),
        run=job.run + 1,
    )
    why = next((step.text for step in admitted.selection.because if step.outcome == "chosen"), "")
    queued = await office.ledger.write(records.save, queued, who="triage", why=why)
    try:
        await dispatching.dispatch(office, queued, catalog, await office.ledger.read(holds.present))
    except errors.TryAgain as error:  # it is promised; reconcile dispatches it when the queue is back
        log.warning("dispatch_postponed", why=str(error), **queued.log_context())
