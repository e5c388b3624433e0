"""Running one job without gateway, queue or ledger: the parts `jca run` lays on the same desk."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from jobs import errors
from jobs.attachment import Attachment
from jobs.catalog import Catalog, ProviderProfile
from jobs.order import WorkOrder
from jobs.repository import Repository
from jobs.results import Usage
from worker.executor.desk import Lease
from worker.sandbox.git import GitCredential

if TYPE_CHECKING:
    from jobs.ledger.runs import StageState


Lend = Callable[[Repository, bool], Awaitable[GitCredential | None]]
"""What git shows to the host of a repository, to push where the second argument says so; None: nothing of ours.

Raises `errors.JcaError` where what is configured cannot be used.
"""


class Unshared:
    """A lease nobody else can take: the job exists in this process only."""

    token = ""

    async def current(self) -> bool:
        """Always true."""
        return True


class Configured:
    """Credentials straight from the configuration of the person who runs the command.

    Args:
        catalog: has the provider profiles.
        lend: gives what git shows.
    """

    def __init__(self, catalog: Catalog, lend: Lend) -> None:
        self._catalog = catalog
        self._lend = lend

    async def git(self, order: WorkOrder, lease: Lease, repository: Repository, *, write: bool) -> GitCredential | None:
        """What git shows to the host of a repository of the order; None: git needs nothing of ours.

        Raises:
            errors.JcaError: what is configured cannot be used.
        """
        del order, lease
        return await self._lend(repository, write)

    async def provider(self, name: str) -> ProviderProfile:
        """The provider profile with its key.

        Raises:
            errors.NotReady: it is not configured.
        """
        return configured(self._catalog, name)


def configured(catalog: Catalog, name: str) -> ProviderProfile:
    """The provider profile of this name.

    Raises:
        errors.NotReady: it is not configured.
    """
    profile = catalog.provider(name)
    if profile is None:
        raise errors.NotReady(f"There is no provider {name}.", remedy="`jca providers list` shows those there are.")
    return profile


class NoAttachments:
    """The files of a ticket that is nothing but a text."""

    async def attachment(self, order: WorkOrder, lease: Lease, attachment: Attachment) -> bytes:
        """Nothing.

        Raises:
            errors.NotFound: always.
        """
        del lease
        raise errors.NotFound(f"Nothing is attached to {order.ticket.key}: there is no {attachment.id}.")


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
