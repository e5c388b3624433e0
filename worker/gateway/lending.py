"""What git on an executor may show to a code host: lent for one repository, to whoever proves the right to ask."""

from __future__ import annotations

from datetime import datetime

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs import errors
from jobs.errand import Kind
from jobs.ledger import audit, records
from jobs.ledger.database import Transaction
from jobs.repository import Repository
from worker.gateway.api import answers
from worker.gateway.services import SERVICES, Services

UNSTORED = {"Cache-Control": "no-store"}

log = structlog.get_logger()


class GitRequest(BaseModel):
    """A run that wants to reach its repository."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dispatch_id: str = Field(max_length=64)
    token: str = Field(max_length=256)
    """Fencing token of its claim."""
    write: bool = False
    """Whether to push; else to fetch."""


class ErrandGitRequest(BaseModel):
    """An errand that wants to fetch the repository it is about."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    errand: str = Field(max_length=64)


class Lent(BaseModel):
    """One header for one host."""

    model_config = ConfigDict(frozen=True)

    host_url: str
    header: str = Field(repr=False)
    expires_at: datetime | None


class GitCredential(BaseModel):
    """The answer."""

    model_config = ConfigDict(frozen=True)

    credential: Lent | None
    """None: the repository's host is none we have access to; git then goes there as anybody."""


async def for_run(request: web.Request) -> web.Response:
    """Answer `POST /cluster/v1/runs/git-credential`.

    Raises:
        errors.LostLease: the claim does not hold its run.
        errors.NotReady: the repository is not configured any more, or our access does not reach it.
        errors.TryAgain: the code host does not answer.
    """
    services, wanted = request.app[SERVICES], await answers.read_body(request, GitRequest)
    if not await services.dispatch.current(wanted.dispatch_id, wanted.token):
        raise errors.LostLease
    job = await services.ledger.read(records.get, wanted.dispatch_id.rpartition(".")[0])
    lent = await _lend(services, job.repository, write=wanted.write)
    if wanted.write and lent.credential:
        await services.ledger.write(_note, wanted.token.partition(":")[0], job.id, job.repository)
    return _answer(lent)


async def for_errand(request: web.Request) -> web.Response:
    """Answer `POST /cluster/v1/errands/git-credential`: to fetch, while a test of a repository is under way.

    Raises:
        errors.NotFound: nobody asked for this errand in the last hour.
        errors.Refused: it is over, or about something else.
        errors.NotReady: as `for_run`.
        errors.TryAgain: as `for_run`.
    """
    services, wanted = request.app[SERVICES], await answers.read_body(request, ErrandGitRequest)
    progress = await services.errands.look(wanted.errand)
    if progress.end or progress.errand.kind is not Kind.TEST_CLONE:
        raise errors.Refused("This errand fetches no repository now.", remedy="Ask for a new one.")
    return _answer(await _lend(services, progress.errand.arguments["alias"], write=False))


async def _lend(services: Services, alias: str, *, write: bool) -> GitCredential:
    repository = (await services.catalog()).repository(alias)
    if repository is None:
        raise errors.NotReady(f"The repository {alias} is not configured any more.", remedy="Add it, then retry.")
    if not repository.url.startswith("https://"):
        return GitCredential(credential=None)
    return await _lent(services, repository, write=write)


async def _lent(services: Services, repository: Repository, *, write: bool) -> GitCredential:
    host = await services.code_host(repository)
    found = await (host.push_credential if write else host.fetch_credential)(repository)
    if found is None:
        return GitCredential(credential=None)
    log.info("git_credential_lent", repository=repository.alias, write=write, narrowed=found.narrowed)
    header = found.header.get_secret_value()
    return GitCredential(credential=Lent(host_url=found.host_url, header=header, expires_at=found.expires_at))


def _note(tx: Transaction, worker: str, job_id: str, alias: str) -> None:
    audit.note(tx, actor=worker, action="credential.lend", subject=job_id, detail=f"to push to {alias}")


def _answer(lent: GitCredential) -> web.Response:
    answer = answers.as_json(lent)
    answer.headers.update(UNSTORED)
    return answer
