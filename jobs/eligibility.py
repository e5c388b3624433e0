"""Whether a ticket asks for work at all. Pure."""

from __future__ import annotations

from jobs.catalog import Workspace
from jobs.directives import Parsed
from jobs.reasons import Code
from jobs.ticket import Ticket


def eligible(ticket: Ticket, parsed: Parsed | None, workspace: Workspace) -> str | None:
    """Why a ticket starts no work, or None when it does.

    It carries the managed label or, unless the workspace requires the label, a `[JCA]` block. A block with an error
    counts: its author is told what to correct.

    Args:
        ticket: labels are compared without regard to case, as GitHub does.
        parsed: how its body reads; None when it was too long to be read here. Then anything like the start of a block
            is enough, and triage decides.
        workspace: names the label.
    """
    if workspace.managed_label.casefold() in {label.casefold() for label in ticket.labels}:
        return None
    has_block = parsed.status != "none" if parsed else "[jca" in ticket.body.lower()
    return None if has_block and not workspace.require_label else Code.MANAGED_LABEL_MISSING.value
