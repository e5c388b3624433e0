"""Whether a ticket asks for work at all, and whether its source lets it. Pure."""

from __future__ import annotations

from jobs.catalog import Workspace
from jobs.intake_rules import IntakeRules
from jobs.nearest import listed
from jobs.reasons import Code, Reason, because
from jobs.ticket import Ticket


def eligible(ticket: Ticket, workspace: Workspace, *, has_block: bool) -> str | None:
    """Why a ticket starts no work, or None when it does.

    It carries the managed label or, unless the workspace requires the label, a `[JCA]` block. A block with an error
    counts: its author is told what to correct.

    Args:
        ticket: labels are compared without regard to case, as GitHub does.
        workspace: names the label.
        has_block: whether its body has a block, usable or not.
    """
    if workspace.managed_label.casefold() in {label.casefold() for label in ticket.labels}:
        return None
    return None if has_block and not workspace.require_label else Code.MANAGED_LABEL_MISSING.value


def unmet(ticket: Ticket, rules: IntakeRules, *, closed: bool = False) -> Reason | None:
    """Why a ticket is not taken although it asks for work, or None. Names are compared without regard to case.

    Args:
        ticket: as its tracker shows it now.
        rules: of its source.
        closed: whether the tracker counts it as done.
    """
    return _elsewhere(ticket, rules) or _not_ready(ticket, rules, closed=closed) or _not_assigned(ticket, rules)


def _elsewhere(ticket: Ticket, rules: IntakeRules) -> Reason | None:
    place = ticket.repository or ticket.key.rpartition("-")[0]
    if not rules.projects or place.casefold() in _folded(rules.projects):
        return None
    sentence = f"Tickets of {place or 'no project'} are not taken; this source takes those of {listed(rules.projects)}."
    return because(Code.SOURCE_MISMATCH, sentence)


def _not_ready(ticket: Ticket, rules: IntakeRules, *, closed: bool) -> Reason | None:
    if closed:
        return because(Code.TICKET_CLOSED, "The ticket is closed.")
    if not rules.ready_states or ticket.state.casefold() in _folded(rules.ready_states):
        return None
    sentence = f"The ticket is in {ticket.state or 'no state'}, and work starts in {listed(rules.ready_states)}."
    return because(Code.NOT_IN_READY_STATE, sentence, f"Move it to {rules.ready_states[0]}, then retry the job.")


def _not_assigned(ticket: Ticket, rules: IntakeRules) -> Reason | None:
    if not rules.require_assignee:
        return None
    if not ticket.assignees:
        return because(Code.UNASSIGNED, "The ticket is assigned to nobody, and this source asks for somebody.")
    people = [person for person in ticket.assignees if not person.is_bot]
    if rules.assignees:
        people = [person for person in people if person.id.casefold() in _folded(rules.assignees)]
    if people:
        return None
    names = listed(sorted(person.id for person in ticket.assignees))
    return because(Code.ASSIGNEE_UNKNOWN, f"The ticket is assigned to {names}, whom this source does not know.")


def _folded(names: tuple[str, ...]) -> set[str]:
    return {name.casefold() for name in names}
