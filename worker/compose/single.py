"""A single run for `jca run`: the ticket from a file, the rest from configuration and the command line."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from jobs import errors, provisioning
from jobs import settings as settings_module
from jobs.catalog import Catalog
from jobs.directives import parse_directives
from jobs.directives.labels import parse_labels
from jobs.directives.support import unsupported
from jobs.job import Job
from jobs.order import WorkOrder
from jobs.reasons import Reason
from jobs.repository import Repository
from jobs.run_result import RunResult
from jobs.selection import resolve_selection
from jobs.settings import Settings
from jobs.slug import branch_name
from jobs.ticket import Ticket
from worker import state
from worker.compose import trackers
from worker.duties import orders
from worker.executor.alone import Configured, Lend, NoAttachments, Told, Unshared, configured
from worker.executor.desk import Desk
from worker.executor.run import run_job
from worker.providers import registry, selftest
from worker.sandbox.bubblewrap import probe
from worker.sandbox.mirror import Mirrors


@dataclass(frozen=True)
class Request:
    """What the command line asked for."""

    repository: str
    text: str
    name: str
    provider: str | None = None
    model: str | None = None
    branch: str | None = None
    validation: tuple[tuple[str, ...], ...] = ()
    allowed: tuple[str, ...] = ()


async def run(request: Request, tell: Callable[[str, str], None]) -> tuple[WorkOrder, RunResult]:
    """Decide, prove the provider, run, and say how it ended.

    Raises:
        errors.BadInput: ticket, repository, provider or model cannot be used.
        errors.NotReady: sandbox or provider is not ready; nothing was run.
    """
    settings = settings_module.load()
    directory = state.prepare(settings.state_dir)
    catalog = await provisioning.catalog_at_rest(settings)
    for name in ("mirrors", "trajectories"):
        (directory / name).mkdir(mode=0o700, exist_ok=True)
    async with trackers.at_rest(settings) as connections, trackers.lending(connections) as lend:
        order = decide(request, catalog, await _repository(request, catalog, Mirrors(directory / "mirrors"), lend))
        tell("note", f"{order.ticket.title}: {order.provider} with {order.model} on {order.repository.url}")
        await _prove(settings, catalog, order)
        scratch = Path(tempfile.mkdtemp(prefix="run-", dir=directory))
        try:
            return order, await run_job(order, _desk(settings, Configured(catalog, lend), order, scratch, tell))
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


def decide(request: Request, catalog: Catalog, repository: Repository) -> WorkOrder:
    """Write the order that the ticket, the command line and the configuration amount to.

    Raises:
        errors.BadInput: one of them cannot be used; the message names the place.
    """
    ticket = _ticket(request)
    known = {profile.name for profile in catalog.providers} | {profile.kind.value for profile in catalog.providers}
    parsed = parse_directives(ticket.body, flavor=ticket.flavor, providers=known)
    if problem := parsed.error or unsupported(parsed.directives):
        place = f"line {problem.line}: " if problem.line else ""
        hint = f"Did you mean {problem.suggestion}?" if problem.suggestion else ""
        raise errors.BadInput(f"The [JCA] block of {request.name}, {place}{problem.message}", remedy=hint)
    wished = {"provider": (request.provider,) if request.provider else None, "model": request.model}
    directives = parsed.directives.model_copy(update={key: value for key, value in wished.items() if value})
    selection = resolve_selection(directives, parse_labels(()), repository, catalog)
    if isinstance(selection, Reason):
        raise errors.BadInput(selection.sentence, remedy=selection.next_step)
    others = tuple(one for one in catalog.repositories if one.alias != repository.alias)
    job = Job(
        ticket=ticket,
        directives=directives,
        repository=repository.alias,
        selection=selection,
        run=1,
        branch=branch_name(ticket.key, ticket.title),
    )
    return orders.order_for(job, catalog.model_copy(update={"repositories": (repository, *others)}))


def _ticket(request: Request) -> Ticket:
    lines = request.text.lstrip("\ufeff").splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise errors.BadInput(f"The ticket {request.name} is empty.", remedy="Its first line is the title.")
    title = lines[first].lstrip("# ").strip() or request.name
    body = [""] * (first + 1) + lines[first + 1 :]  # lines keep their numbers, for what is said about them
    return Ticket(source="command-line", key=request.name, title=title, body="\n".join(body))


async def _repository(request: Request, catalog: Catalog, mirrors: Mirrors, lend: Lend) -> Repository:
    """The repository that was named, with what the command line says about it."""
    repository = catalog.repository(request.repository)
    changes: dict[str, object] = {
        "default_branch": request.branch,
        "validation_commands": request.validation,
        "allowed_commands": request.allowed,
    }
    if repository is None:
        repository = _unconfigured(request.repository)
        changes["default_branch"] = request.branch or await mirrors.default_branch(
            repository.url, await lend(repository, False)
        )
    try:
        fields = repository.model_dump() | {name: value for name, value in changes.items() if value}
        return Repository.model_validate(fields)
    except ValidationError as error:
        raise errors.BadInput(f"--branch: {error.errors()[0]['msg']}.") from None


def _unconfigured(where: str) -> Repository:
    """A repository that is only named on the command line."""
    path = Path(where).expanduser()
    url = str(path.resolve()) if path.exists() else where
    alias = re.sub(r"[^a-z0-9]+", "-", Path(url).name.removesuffix(".git").casefold()).strip("-") or "repository"
    try:
        return Repository(alias=alias[:64].strip("-"), url=url)
    except ValidationError as error:
        raise errors.BadInput(f"--repo {where}: {error.errors()[0]['msg']}.") from None


async def _prove(settings: Settings, catalog: Catalog, order: WorkOrder) -> None:
    sandbox = await probe(settings.sandbox_runtimes)
    if not sandbox.ok:
        raise errors.NotReady(f"The sandbox does not work here: {sandbox.detail}", remedy=sandbox.remedy)
    profile = configured(catalog, order.provider)
    readiness = await selftest.self_test(profile, order.model, worker=settings.worker_name)
    if not readiness.ready:
        remedy = next((step.remedy for step in readiness.steps if not step.ok), "")
        raise errors.NotReady(f"{order.provider} is not ready: {readiness.reason}", remedy=remedy)


def _desk(
    settings: Settings,
    credentials: Configured,
    order: WorkOrder,
    scratch: Path,
    tell: Callable[[str, str], None],
) -> Desk:
    return Desk(
        lease=Unshared(),
        sink=Told(tell),
        credentials=credentials,
        attachments=NoAttachments(),
        mirrors=Mirrors(settings.state_dir / "mirrors"),
        directory=scratch / "run",
        trajectory=settings.state_dir / "trajectories" / f"{order.dispatch_id}.jsonl",
        runtimes=settings.sandbox_runtimes,
        build_model=registry.build_model,
    )
