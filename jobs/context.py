"""What a ticket names to be read beside the repository it changes: whole repositories, files and folders. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from jobs.directives import Directives
from jobs.reach import Reach
from jobs.reasons import Reason
from jobs.repository import Repository


class ContextRepository(BaseModel):
    """What is read of one repository. Paths are relative to its root."""

    model_config = ConfigDict(frozen=True)

    repository: Repository
    whole: bool = False
    """Named in `context_repos`: everything may be read, whatever else is named."""
    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


def resolve(directives: Directives, work: Repository, reach: Reach) -> tuple[ContextRepository, ...] | Reason:
    """The repositories a block names as context, in the order it names them; `work` only where it names parts of it.

    Args:
        directives: of the ticket's block.
        work: the repository the job writes; a path without an alias is in it.
        reach: what the ticket's source may have read.
    """
    found: list[ContextRepository] = []
    for alias in aliases(directives, work.alias):
        repository = work if alias == work.alias else reach.to_read(alias)
        if isinstance(repository, Reason):
            return repository.model_copy(update={"sentence": f"As context: {repository.sentence}"})
        parts = ContextRepository(
            repository=repository,
            whole=alias in directives.context_repos,
            files=_paths(directives.context_files, alias, work.alias),
            folders=tuple(path.removesuffix("/") for path in _paths(directives.context_folders, alias, work.alias)),
        )
        if repository != work or parts.files or parts.folders:
            found.append(parts)
    return tuple(found)


def written(read: Iterable[ContextRepository]) -> Directives:
    """The keys of a block that name all of this."""
    named = [(one.repository.alias, one) for one in read]
    return Directives(
        context_repos=tuple(alias for alias, one in named if one.whole),
        context_files=tuple(f"{alias}:{path}" for alias, one in named for path in one.files),
        context_folders=tuple(f"{alias}:{path}" for alias, one in named for path in one.folders),
    )


def aliases(directives: Directives, work: str) -> tuple[str, ...]:
    """Every repository a block names as context, `work` standing for the paths without one."""
    paths = (*directives.context_files, *directives.context_folders)
    return tuple(dict.fromkeys((*directives.context_repos, *(_place(path, work)[0] for path in paths))))


def _paths(written: tuple[str, ...], alias: str, work: str) -> tuple[str, ...]:
    return tuple(path for owner, path in (_place(one, work) for one in written) if owner == alias)


def _place(written: str, work: str) -> tuple[str, str]:
    """Alias and path of `alias:path` or `path`."""
    alias, colon, path = written.rpartition(":")
    return (alias if colon else work), path
