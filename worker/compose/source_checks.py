"""What `jca doctor` says about sources: whether their trackers are reached, and each permission that is missing."""

from __future__ import annotations

from collections.abc import AsyncIterator

from jobs import errors, provisioning
from jobs.access import described
from jobs.catalog import Catalog
from jobs.provisioning import KnownSource
from jobs.settings import Settings
from worker.compose import trackers
from worker.compose.finding import Finding
from worker.trackers.connections import Connections


async def examine(settings: Settings, catalog: Catalog) -> AsyncIterator[Finding]:
    """One finding per source that works, one per thing that is missing of any other.

    Raises:
        errors.BadInput: the file or a variable cannot be used.
    """
    sources = await provisioning.sources_at_rest(settings)
    access = await provisioning.access_at_rest(settings)
    async with trackers.at_rest(settings) as connections:
        for name in sorted(sources.keys() | access.keys()):
            if name in access:
                async for finding in _reached(connections, name, sources.get(name), catalog, described(access[name])):
                    yield finding
            elif sources[name].kind != "local":
                yield _unreached(name)


def _unreached(name: str) -> Finding:
    return Finding(
        f"source {name}",
        ok=False,
        detail="no access to its tracker: tickets are taken as they are sent, and reports are kept here",
        remedy="Add an App or a token with `jca sources add`.",
        optional=True,
    )


async def _reached(
    connections: Connections, name: str, source: KnownSource | None, catalog: Catalog, access: str
) -> AsyncIterator[Finding]:
    try:
        steps = [step async for step in connections.examine(name, source, catalog.repositories)]
    except errors.JcaError as error:
        yield Finding(f"source {name}", ok=False, detail=error.message, remedy=error.remedy)
        return
    missing = [step for step in steps if not step.ok]
    for step in missing:
        yield Finding(f"source {name}, {step.name}", ok=False, detail=step.detail, remedy=step.remedy)
    if not missing:
        yield Finding(f"source {name}", ok=True, detail=f"{access}: {', '.join(step.name for step in steps)}")
