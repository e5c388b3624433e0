"""Which repositories the tickets of a source reach: to have them written, or only read. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from jobs.catalog import Catalog, Source
from jobs.nearest import listed, nearest
from jobs.reasons import Code, Reason, because
from jobs.repository import Repository, Role

_ASKED = frozenset({"github"})
"""Kinds of source that are asked who may write each repository, so that they need not name any."""


def spelled(kind: str, aliases: Collection[str]) -> str:
    """The repositories a source of this kind may have written, for people, where it names these."""
    return ", ".join(aliases) or ("all" if kind in _ASKED else "none yet")


class Reach:
    """The repositories of a catalogue as one source may use them.

    Args:
        catalog: what exists.
        named: aliases the source may have written; None allows all. What is to be read only, by its role, every source
            may have read.
    """

    def __init__(self, catalog: Catalog, named: Collection[str] | None = None) -> None:
        self.catalog = catalog
        self._named = named
        self.writable = [one for one in catalog.repositories if one.enabled and self._may_write(one)]
        """Those a job may write."""
        self._readable = [one for one in catalog.repositories if one.enabled and self._may_read(one)]

    @classmethod
    def of(cls, source: Source, catalog: Catalog) -> Self:
        """What a source is configured to reach: an empty list is everything for GitHub, and nothing for the others."""
        return cls(catalog, source.repositories if source.repositories or source.kind not in _ASKED else None)

    def to_write(self, alias: str) -> Repository | Reason:
        """The repository of this alias, or why no job may write it."""
        repository = self.catalog.repository(alias)
        if repository is None or not repository.enabled:
            return _unknown(alias, self.writable, is_disabled=repository is not None)
        if repository.role is Role.CONTEXT:
            sentence = f"The repository {alias} is here to be read only."
            step = f"Name it as context_repos={alias}, or ask an administrator to give it the role work."
            return because(Code.REPOSITORY_NOT_ALLOWED, sentence, step)
        if not self._may_write(repository):
            return _not_allowed(alias, "write", self.writable)
        return repository

    def to_read(self, alias: str) -> Repository | Reason:
        """The repository of this alias, or why no job may read it."""
        repository = self.catalog.repository(alias)
        if repository is None or not repository.enabled:
            return _unknown(alias, self._readable, is_disabled=repository is not None)
        return repository if self._may_read(repository) else _not_allowed(alias, "read", self._readable)

    def _may_write(self, repository: Repository) -> bool:
        return repository.role is Role.WORK and (self._named is None or repository.alias in self._named)

    def _may_read(self, repository: Repository) -> bool:
        return repository.role is Role.CONTEXT or self._may_write(repository)


def _unknown(alias: str, usable: list[Repository], *, is_disabled: bool) -> Reason:
    aliases = [one.alias for one in usable]
    near = nearest(alias, aliases)
    sentence = f"The repository {alias} is disabled." if is_disabled else f"There is no repository {alias}."
    hint = f"Did you mean {near}? " if near else ""
    return because(Code.REPOSITORY_UNKNOWN, sentence, f"{hint}There is {listed(aliases)}.")


def _not_allowed(alias: str, verb: str, usable: list[Repository]) -> Reason:
    aliases = listed([one.alias for one in usable])
    step = f"It may {verb} {aliases}; an administrator can add {alias} to the source."
    return because(Code.REPOSITORY_NOT_ALLOWED, f"The source of this ticket may not {verb} {alias}.", step)
