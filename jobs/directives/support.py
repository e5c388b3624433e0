"""What can be written in a ticket but has no effect in this version: said, never silently accepted."""

from __future__ import annotations

from jobs.directives.model import Directives, Problem


def unsupported(directives: Directives) -> Problem | None:
    """The first directive this version cannot follow, or None when all of them take effect."""
    if directives.plan:
        message = "plan has no effect in this version; remove it from the block, then the job can start."
        return Problem(code="not_supported_yet", message=message)
    if len(directives.work_repos) > 1:
        message = "work_repos names more than one repository, but a job writes one in this version; name only that one."
        return Problem(code="not_supported_yet", message=message, suggestion=f"work_repos={directives.work_repos[0]}")
    return None
