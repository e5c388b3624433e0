"""What becomes of a ticket, decided from its words and the configuration alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from jobs import context, routing
from jobs.catalog import Catalog, Source, Workspace
from jobs.context import ContextRepository
from jobs.directives import Parsed, Problem, parse_directives
from jobs.directives.labels import Labels, parse_labels
from jobs.directives.support import unsupported
from jobs.eligibility import eligible, unmet
from jobs.reach import Reach
from jobs.reasons import Code, Reason, because
from jobs.repository import Repository
from jobs.selection import Selection, resolve_selection
from jobs.spending import smallest_cap
from jobs.ticket import Ticket


@dataclass(frozen=True)
class Admitted:
    """What an admitted job will work on and with."""

    parsed: Parsed
    repository: Repository
    routed: str
    """Why that repository."""
    context: tuple[ContextRepository, ...]
    """What it reads beside that one."""
    selection: Selection
    notes: tuple[str, ...]
    """What was ignored or capped, as sentences."""


def decide(ticket: Ticket, catalog: Catalog, source: Source, *, closed: bool = False) -> Admitted | Reason:
    """The decision about a ticket, as if whoever asks were allowed to.

    Args:
        ticket: as its tracker shows it now.
        catalog: the configuration in force.
        source: where the ticket comes from.
        closed: whether its tracker counts it as done.
    """
    known = {profile.name for profile in catalog.providers} | {profile.kind.value for profile in catalog.providers}
    parsed = parse_directives(ticket.body, flavor=ticket.flavor, providers=known)
    denied = _unwanted(ticket, parsed, catalog.workspace) or unmet(ticket, source.rules, closed=closed)
    if denied := denied or _unreadable(parsed):
        return denied
    labels = parse_labels(ticket.labels)
    reach = Reach.of(source, catalog)
    routed = routing.route_repository(ticket, parsed.directives, labels, reach)
    if isinstance(routed, Reason):
        return routed
    read = context.resolve(parsed.directives, routed.repository, reach)
    if isinstance(read, Reason):
        return read
    selection = resolve_selection(parsed.directives, labels, routed.repository, catalog)
    if isinstance(selection, Reason):
        return selection
    notes = _notes(parsed, labels, routed.repository, catalog.workspace)
    return Admitted(parsed, routed.repository, routed.because, read, selection, notes)


def _unwanted(ticket: Ticket, parsed: Parsed, workspace: Workspace) -> Reason | None:
    """The receiver asks this too, but does not read long bodies to their end, and the label may be gone again."""
    if eligible(ticket, workspace, has_block=parsed.status != "none") is None:
        return None
    sentence = f"The ticket has neither the label {workspace.managed_label} nor a [JCA] block."
    return because(Code.MANAGED_LABEL_MISSING, sentence, f"Add the label {workspace.managed_label}.")


def _unreadable(parsed: Parsed) -> Reason | None:
    problem = parsed.error or unsupported(parsed.directives)
    if problem is None:
        return None
    code = {"unknown_provider": Code.PROVIDER_UNKNOWN, "not_supported_yet": Code.NOT_SUPPORTED_YET}.get(
        problem.code,
        Code.DIRECTIVE_ERROR,
    )
    hint = f"Did you mean `{problem.suggestion}`? " if problem.suggestion else ""
    remedy = f"{hint}Correct the [JCA] block in the ticket: it is read again when the ticket changes."
    return because(code, _told(problem), remedy)


def _notes(parsed: Parsed, labels: Labels, repository: Repository, workspace: Workspace) -> tuple[str, ...]:
    directives = parsed.directives
    caps = [limit for limit in (workspace.max_usd, smallest_cap(repository, workspace)) if limit is not None]
    asked = (
        ("budget", directives.budget_usd, min(caps, default=None), "USD"),
        ("budget", directives.budget_tokens, workspace.max_tokens, "tokens"),
        ("timeout", directives.timeout_seconds, workspace.max_seconds, "seconds"),
    )
    capped = [
        f"{key}= asks for {wanted:g} {unit}, but a run may have {limit:g} {unit} at most here; that is its limit."
        for key, wanted, limit, unit in asked
        if wanted is not None and limit is not None and wanted > limit
    ]
    return (*map(_told, parsed.warnings), *map(_told, labels.warnings), *capped)


def _told(problem: Problem) -> str:
    return f"Line {problem.line}: {problem.message}" if problem.line else problem.message
