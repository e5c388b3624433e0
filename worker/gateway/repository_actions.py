"""What a person may do to repositories. Every act leaves an audit entry in the same transaction."""

from __future__ import annotations

import hashlib

from jobs import errors, provisioning
from jobs.job import ENDED, Job, Status
from jobs.ledger import audit, configuration, records
from jobs.ledger.database import Transaction
from jobs.redact import unmasked, without_credentials
from jobs.repository import Repository
from worker.gateway.services import Services

UNFINISHED = tuple(status for status in Status if status not in ENDED)

CONFIGURED_IN = "JCA_CONFIG_FILE"


NEW = "new"
"""Instead of a version: where there is no repository yet."""


def version(repository: Repository) -> str:
    """What a form was filled from; another one means that somebody changed the repository meanwhile."""
    return hashlib.sha256(repository.model_dump_json().encode()).hexdigest()[:16]


async def put_repository(
    services: Services, repository: Repository, who: str, *, over: str | None = None
) -> Repository:
    """Add a repository or replace the one with its alias; jobs that are triaged from now on see it.

    Args:
        services: the gateway's parts.
        repository: as it shall be.
        who: does it.
        over: the `version` it replaces, or `NEW` where there must be none; None replaces whatever there is.

    Returns:
        The repository; a masked credential in its address stands for the one that was there.

    Raises:
        errors.Refused: the provisioned file sets it.
        errors.BadInput: the address holds a masked credential that belongs to another one.
        errors.Conflict: another version is there.
    """
    check_unlocked(services, repository.alias)
    return await services.ledger.write(_put, repository, who, over)


def _put(tx: Transaction, repository: Repository, who: str, over: str | None) -> Repository:
    earlier = next((one for one in configuration.repositories(tx) if one.alias == repository.alias), None)
    if over == NEW and earlier:
        raise errors.Conflict(f"There is already a repository {repository.alias}.", remedy="Choose another alias.")
    if over not in {None, NEW} and (earlier is None or version(earlier) != over):
        message = f"Repository {repository.alias} was changed by somebody else meanwhile."
        raise errors.Conflict(message, remedy="Look at it in another tab, then save again to replace it.")
    whole = repository.model_copy(update={"url": unmasked(repository.url, earlier.url if earlier else "")})
    configuration.put_repository(tx, whole)
    audit.note(tx, actor=who, action="repository.put", subject=whole.alias, detail=without_credentials(whole.url))
    return whole


async def remove_repository(services: Services, alias: str, who: str) -> None:
    """Remove a repository.

    Raises:
        errors.NotFound: there is none of that alias.
        errors.Refused: the provisioned file sets it.
        errors.Conflict: an unfinished job uses it; the message names the job.
    """
    check_unlocked(services, alias)
    await services.ledger.write(_remove, alias, who)


def _remove(tx: Transaction, alias: str, who: str) -> None:
    if user := user_of(tx, alias):
        message = f"Repository {alias} is in use by job {user.id} ({user.ticket.key})."
        raise errors.Conflict(message, remedy="Wait for it to end or cancel it.")
    if not configuration.remove_repository(tx, alias):
        raise errors.NotFound(f"There is no repository {alias}.", remedy="`jca repos list` shows those that exist.")
    audit.note(tx, actor=who, action="repository.remove", subject=alias)


def user_of(tx: Transaction, alias: str) -> Job | None:
    """An unfinished job that uses the repository, or None."""
    users = records.listing(tx, records.Filter(statuses=UNFINISHED, repository=alias), limit=1)
    return users[0] if users else None


def locked(services: Services, alias: str) -> Repository | None:
    """The repository as the provisioned file sets it, or None where a person may change it."""
    file = provisioning.read_file(services.settings.config_file)
    return next((repository for repository in file.repositories if repository.alias == alias), None)


def check_unlocked(services: Services, alias: str) -> None:
    """Let a change pass.

    Raises:
        errors.Refused: the provisioned file sets it.
    """
    if locked(services, alias):
        remedy = "Change it there and restart the gateway."
        raise errors.Refused(f"Repository {alias} is set by {CONFIGURED_IN}.", remedy=remedy)
