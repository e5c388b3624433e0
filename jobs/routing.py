"""Which repository a ticket writes, and because of what. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection

from pydantic import BaseModel, ConfigDict

from jobs import reasons
from jobs.catalog import Catalog
from jobs.directives import Directives
from jobs.directives.labels import Labels
from jobs.nearest import listed
from jobs.reach import Reach
from jobs.reasons import Code, Reason
from jobs.repository import Repository, Role
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
    reach: Reach,
) -> Routed | Reason:
    """Decide the repository; the most specific layer that says anything decides alone.

    In order: `work_repos=` in the block, a `repo-<alias>` label, the repository the ticket lives in, the only one
    there is.

    Args:
        ticket: its `repository` is compared with alias and `full_name`, without regard to case.
        directives: of the ticket's block.
        labels: of the ticket.
        reach: what exists, and what the ticket's source may have written.
    """
    if directives.work_repos:
        return _named(reach, directives.work_repos, "The block's work_repos")
    if labels.repositories:
        return _named(reach, labels.repositories, "The repository label")
    if home := _home(ticket.repository, reach.catalog):
        return _named(reach, home, "The ticket's own repository")
    return _only(reach)


def _home(name: str, catalog: Catalog) -> list[str]:
    """The aliases a ticket's own repository stands for; one that is only read stands back."""
    found = [repo for repo in catalog.repositories if name.casefold() in _names(repo)]
    matching = [repo.alias for repo in found if repo.role is Role.WORK] or [repo.alias for repo in found]
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


def _named(reach: Reach, aliases: Collection[str], layer: str) -> Routed | Reason:
    """The one repository that `layer` names, or why it cannot be used."""
    if len(aliases) > 1:
        sentence = f"{layer} names {listed(aliases)}, but a job writes one repository."
        return reasons.because(Code.ROUTING_MISSING, sentence, "Keep one of them.")
    (alias,) = aliases
    repository = reach.to_write(alias)
    if isinstance(repository, Reason):
        return repository
    return Routed(repository=repository, because=f"{layer} names {alias}.")


def _only(reach: Reach) -> Routed | Reason:
    """The only repository there is to write, or which labels would choose one."""
    if len(reach.writable) == 1:
        (repository,) = reach.writable
        return Routed(repository=repository, because=f"{repository.alias} is the only repository there is to write.")
    if not reach.writable:
        sentence = "There is no repository that this ticket may write."
        step = "Ask an administrator to add one with `jca repos add`, and to allow it with `jca sources set --repo`."
        return reasons.because(Code.ROUTING_MISSING, sentence, step)
    sentence = "The ticket does not say which repository to write, and there are several."
    labels = [f"repo-{repo.alias}" for repo in reach.writable]
    return reasons.because(Code.ROUTING_MISSING, sentence, f"Add one of these labels: {', '.join(labels)}.")
