"""What git on an executor may show to a code host: lent for one repository, to whoever proves the right to ask."""

from __future__ import annotations

from datetime import datetime

import structlog
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from jobs import context, errors
from jobs.errand import Kind
from jobs.job import Job
from jobs.ledger import audit, records
from jobs.ledger.database import Transaction
from jobs.repository import Repository
from worker.gateway.api import answers
from worker.gateway.loans import Loan
from worker.gateway.services import SERVICES, Services
from worker.trackers.protocol import CodeHost
from worker.trackers.push import PushCredential

UNSTORED = {"Cache-Control": "no-store"}

log = structlog.get_logger()


class GitRequest(BaseModel):
    """A run that wants to reach its repository."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dispatch_id: str = Field(max_length=64)
    token: str = Field(max_length=256)
    """Fencing token of its claim."""
    repository: str = Field("", max_length=64)
    """Alias of one that the job reads beside its own; empty: its own."""
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
        errors.Refused: the job has no business in this repository.
        errors.NotReady: the repository is not configured any more, or our access does not reach it.
        errors.TryAgain: the code host does not answer.
    """
    services, wanted = request.app[SERVICES], await answers.read_body(request, GitRequest)
    if not await services.dispatch.current(wanted.dispatch_id, wanted.token):
        raise errors.LostLease
    job = await services.ledger.read(records.get, wanted.dispatch_id.rpartition(".")[0])
    repository = await _repository(services, _wanted(wanted, job))
    return _answer(await (_to_push(services, repository, wanted) if wanted.write else _to_fetch(services, repository)))


def _wanted(wanted: GitRequest, job: Job) -> str:
    if wanted.repository in {"", job.repository}:
        return job.repository
    if wanted.write or wanted.repository not in context.aliases(job.directives, job.repository):
        raise errors.Refused(f"The job {job.id} has no business in {wanted.repository}.")
    return wanted.repository


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
    return _answer(await _to_fetch(services, await _repository(services, progress.errand.arguments["alias"])))


async def _repository(services: Services, alias: str) -> Repository:
    repository = (await services.catalog()).repository(alias)
    if repository is None:
        raise errors.NotReady(f"The repository {alias} is not configured any more.", remedy="Add it, then retry.")
    return repository


async def _to_fetch(services: Services, repository: Repository) -> GitCredential:
    host = await _host(services, repository)
    return _lent(repository, await host.fetch_credential(repository) if host else None, write=False)


async def _to_push(services: Services, repository: Repository, wanted: GitRequest) -> GitCredential:
    """Lend what is good until the claim it is lent to is over; every such loan is written down."""
    host = await _host(services, repository)
    found = await host.push_credential(repository) if host else None
    if host and found:
        services.loans.keep(Loan(wanted.dispatch_id, wanted.token, host, found))
        job_id, worker = wanted.dispatch_id.rpartition(".")[0], wanted.token.partition(":")[0]
        await services.ledger.write(_note, worker, job_id, repository.alias)
    return _lent(repository, found, write=True)


async def _host(services: Services, repository: Repository) -> CodeHost | None:
    """Who lends for a repository; None: git reaches it without anything of ours."""
    return await services.code_host(repository) if repository.url.startswith("https://") else None


def _lent(repository: Repository, found: PushCredential | None, *, write: bool) -> GitCredential:
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
