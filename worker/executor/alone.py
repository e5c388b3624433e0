"""Running one job without gateway, queue or ledger: the parts `jca run` lays on the same desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from jobs import errors
from jobs.catalog import Catalog, ProviderProfile
from jobs.results import Usage

if TYPE_CHECKING:
    from jobs.ledger.runs import StageState


class Unshared:
    """A lease nobody else can take: the job exists in this process only."""

    async def current(self) -> bool:
        """Always true."""
        return True


class Configured:
    """Credentials straight from the configuration of the person who runs the command."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    async def provider(self, name: str) -> ProviderProfile:
        """The provider profile with its key.

        Raises:
            errors.NotReady: it is not configured.
        """
        profile = self._catalog.provider(name)
        if profile is None:
            raise errors.NotReady(f"There is no provider {name}.", remedy="`jca providers list` shows those there are.")
        return profile


class Told:
    """An event sink that tells a person."""

    def __init__(self, tell: Callable[[str, str], None]) -> None:
        self._tell = tell

    async def stage(self, name: str, state: StageState, detail: str = "") -> None:
        """A stage began or ended."""
        if state == "running":
            self._tell("stage", name)
        elif detail:
            self._tell("error" if state == "failed" else "note", f"{name}: {detail}")

    async def note(self, kind: str, text: str) -> None:
        """Lines of live output."""
        for line in text.splitlines():
            self._tell(kind, line)

    async def usage(self, usage: Usage) -> None:
        """Spending is told in the end."""
