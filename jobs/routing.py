"""Which repository a ticket writes, and because of what. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from jobs import reasons
from jobs.catalog import Catalog
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.nearest import listed, nearest
from jobs.reasons import Code, Reason
from jobs.repository import Repository
from jobs.ticket import Ticket

_HOSTED = re.compile(r"^(?:https://|ssh://|[^/]+@).*?[/:]([^/:]+/[^/:]+?)(?:\.git)?/?$")
"""The last two parts of an address on a code host."""


class Routed(BaseModel):
    """The repository a job writes."""

    model_config = ConfigDict(frozen=True)

    repository: Repository
    because: str
    """A plain sentence: "The repository label names payments."."""


def route_repository(
    ticket: Ticket,
    directives: Directives,
    labels: Labels,
    catalog: Catalog,
    writable: Collection[str] | None = None,
) -> Routed | Reason:
    """Decide the repository; the most specific layer that says anything decides alone.

    In order: `work_repos=` in the block, a `repo-<alias>` label, the repository the ticket lives in, the only one
    there is.

    Args:
        ticket: its `repository` is compared with alias and `full_name`, without regard to case.
        directives: of the ticket's block.
        labels: of the ticket.
        catalog: what exists.
        writable: aliases that the ticket's source may write; None allows all.
    """
    known = _Known(catalog, writable)
    if directives.work_repos:
        return known.named(directives.work_repos, "The block's work_repos")
    if labels.repositories:
        return known.named(labels.repositories, "The repository label")
    if home := _home(ticket.repository, catalog):
        return known.named(home, "The ticket's own repository")
    return known.only()


def _home(name: str, catalog: Catalog) -> list[str]:
    """The aliases a ticket's own repository stands for."""
    matching = [repo.alias for repo in catalog.repositories if name.casefold() in _names(repo)]
    if name and "/" not in name and not matching:  # an alias, written on purpose; `owner/name` is only where it lives
        return [name]
    return matching


def name_on_host(repository: Repository) -> str:
    """`owner/name` on its code host: as configured, else by its address; empty when neither tells."""
    return repository.full_name or _hosted(repository)


def _names(repository: Repository) -> set[str]:
    """What a tracker may call it: its alias, its full name, and `owner/name` of its address."""
    names = {repository.alias, repository.full_name, _hosted(repository)}
    return {name.casefold() for name in names if name}


def _hosted(repository: Repository) -> str:
    hosted = _HOSTED.search(repository.url)
    return hosted[1] if hosted else ""


class _Known:
    """The repositories of a catalogue as one source may use them."""

    def __init__(self, catalog: Catalog, writable: Collection[str] | None) -> None:
        self._catalog = catalog
        self._writable = writable
        self._usable = [repo for repo in catalog.repositories if repo.enabled and self._may_write(repo)]

    def named(self, aliases: Collection[str], layer: str) -> Routed | Reason:
        """The one repository that `layer` names, or why it cannot be used."""
        if len(aliases) > 1:
            sentence = f"{layer} names {listed(aliases)}, but a job writes one repository."
            return reasons.because(Code.ROUTING_MISSING, sentence, "Keep one of them.")
        (alias,) = aliases
        repository = self._catalog.repository(alias)
        if repository is None or not repository.enabled:
            return self._unknown(alias, is_disabled=repository is not None)
        if not self._may_write(repository):
            return self._not_allowed(alias)
        return Routed(repository=repository, because=f"{layer} names {alias}.")

    def only(self) -> Routed | Reason:
        """The only usable repository, or which labels would choose one."""
        if len(self._usable) == 1:
            (repository,) = self._usable
            return Routed(
                repository=repository, because=f"{repository.alias} is the only repository there is to write."
            )
        if not self._usable:
            sentence = "There is no repository that this ticket may write."
            return reasons.because(
                Code.ROUTING_MISSING,
                sentence,
                "Ask an administrator to add or enable one with `jca repos add`.",
            )
        sentence = "The ticket does not say which repository to write, and there are several."
        labels = [f"repo-{repo.alias}" for repo in self._usable]
        return reasons.because(Code.ROUTING_MISSING, sentence, f"Add one of these labels: {', '.join(labels)}.")

    def _may_write(self, repository: Repository) -> bool:
        return self._writable is None or repository.alias in self._writable

    def _unknown(self, alias: str, *, is_disabled: bool) -> Reason:
        aliases = [repo.alias for repo in self._usable]
        near = nearest(alias, aliases)
        sentence = f"The repository {alias} is disabled." if is_disabled else f"There is no repository {alias}."
        hint = f"Did you mean {near}? " if near else ""
        return reasons.because(Code.REPOSITORY_UNKNOWN, sentence, f"{hint}There is {listed(aliases)}.")

    def _not_allowed(self, alias: str) -> Reason:
        aliases = [repo.alias for repo in self._usable]
        return reasons.because(
            Code.REPOSITORY_NOT_ALLOWED,
            f"The source of this ticket may not write {alias}.",
            f"It may write {listed(aliases)}; an administrator can add {alias} to the source.",
        )
