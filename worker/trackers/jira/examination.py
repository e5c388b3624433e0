"""What our account may do in Jira, step by step, each with its remedy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from jobs import errors
from jobs.readiness import Step
from worker.trackers.introduction import introduce
from worker.trackers.jira.client import Jira
from worker.trackers.jira.people import NEEDED, missing_permissions, myself


async def examine(jira: Jira, projects: Sequence[str] = ()) -> AsyncIterator[Step]:
    """Try what jobs need, in order; ends where the rest would be pointless.

    Args:
        jira: the site and our account.
        projects: their keys; none: whether it holds in any project.
    """

    async def login() -> str:
        person = await myself(jira)
        return person.name or person.id

    for step in (steps := await introduce(jira.site.url, login)):
        yield step
    if not steps[-1].ok:
        return
    lacking: dict[str, list[str]] = {name: [] for name in NEEDED.values()}
    for project in projects or ("",):
        try:
            missing = await missing_permissions(jira, project)
        except errors.JcaError as error:
            yield Step(name=project or "permissions", ok=False, detail=error.message, remedy=error.remedy)
            return
        for permission in missing:
            lacking[permission].append(project)
    for permission, places in lacking.items():
        yield _judged(permission, places, projects)


def _judged(permission: str, lacking: Sequence[str], projects: Sequence[str]) -> Step:
    if not lacking:
        return Step(name=permission, ok=True, detail=f"in {', '.join(projects) or 'some project'}")
    places = ", ".join(filter(None, lacking))
    remedy = f"Give our account “{permission}” in the permission scheme of {places or 'its projects'}."
    return Step(name=permission, ok=False, detail=f"missing in {places or 'every project'}", remedy=remedy)
