"""What tests of the duties work with: an office on a real ledger and a real Valkey, and jobs at every point."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from redis.asyncio import Redis

from jobs import errors
from jobs.catalog import Catalog, Model, ProviderKind, ProviderProfile, Source
from jobs.events import Events, Logs
from jobs.job import Job
from jobs.ledger import migrate, records
from jobs.ledger.database import Ledger
from jobs.queue.dispatch import Dispatch
from jobs.reasons import Code, because
from jobs.repository import Repository
from jobs.results import CommandOutcome, PullRequest, Usage
from jobs.run_result import RunResult
from jobs.ticket import Person, Ticket
from worker.duties import fold, triage
from worker.duties.office import Office
from worker.trackers.protocol import CodeHost, Opened, Tracker
from worker.trackers.push import PushCredential
from worker.trackers.record import RecordTracker

CATALOG = Catalog(
    repositories=(Repository(alias="shop", url="/srv/shop"),),
    providers=(
        ProviderProfile(
            name="qwen",
            kind=ProviderKind.OPENAI_COMPATIBLE,
            base_url="http://localhost/v1",
            default_model="qwen3",
            models=(Model(id="qwen3"),),
        ),
    ),
)
SOURCES = {
    "local": Source.model_validate(
        {"name": "local", "kind": "local", "secrets": ["0123456789abcdef"], "repositories": ["shop"]},
    ),
}


@dataclass
class Flaky:
    """A code host that fails as often as it is told, with the error it is told."""

    inner: RecordTracker
    failures: int = 0
    error: type[errors.JcaError] = errors.TryAgain
    opened: list[str] = field(default_factory=list)

    async def open_pull_request(self, job: Job, repository: Repository, draft: PullRequest) -> Opened:
        if self.failures:
            self.failures -= 1
            raise self.error("The tracker said no.")
        self.opened.append(job.branch)
        return await self.inner.open_pull_request(job, repository, draft)

    async def show_verdict(self, job: Job, repository: Repository) -> tuple[str, ...]:
        return await self.inner.show_verdict(job, repository)

    async def fetch_credential(self, repository: Repository) -> PushCredential | None:
        return await self.inner.fetch_credential(repository)

    async def push_credential(self, repository: Repository) -> PushCredential | None:
        return await self.inner.push_credential(repository)

    async def revoke(self, lent: PushCredential) -> None:
        await self.inner.revoke(lent)


@dataclass
class Settled:
    """The configuration of a test, which it may change."""

    catalog: Catalog = CATALOG
    sources: dict[str, Source] = field(default_factory=lambda: dict(SOURCES))
    trackers: dict[str, Tracker] = field(default_factory=dict)
    """By the name of the source; the others have nobody to ask."""
    host: CodeHost = field(default_factory=lambda: Flaky(RecordTracker()))

    async def present(self) -> Catalog:
        return self.catalog

    async def known_sources(self) -> dict[str, Source]:
        return self.sources

    async def tracker_of(self, source: str) -> Tracker:
        return self.trackers.get(source) or RecordTracker()

    async def host_of(self, _repository: Repository) -> CodeHost:
        return self.host


def open_ledger(directory: Path, blank: Path) -> Ledger:
    """A ledger of its own, begun as a copy of a blank one."""
    shutil.copy(blank, directory / "ledger.db")
    return Ledger.open(f"sqlite:///{directory / 'ledger.db'}")


def make_blank(directory: Path) -> Path:
    """A ledger with its schema and nothing in it."""
    path = directory / "blank.db"
    migrate.upgrade(f"sqlite:///{path}")
    return path


def make_office(ledger: Ledger, redis: Redis, settled: Settled, retention_days: int = 0) -> Office:
    return Office(
        ledger,
        Dispatch(redis),
        Events(redis),
        Logs(redis),
        settled.present,
        settled.known_sources,
        settled.tracker_of,
        settled.host_of,
        retention_days,
        edit_seconds=0,
    )


async def received(office: Office, key: str = "K-1", body: str = "", actor: str = "alice") -> Job:
    ticket = Ticket(source="local", key=key, title="Fix it", body=body, labels=("jca",), repository="shop")
    job = Job(ticket=ticket, actor=Person(id=actor))
    await office.ledger.write(records.insert_job, job, who="receiver", why="delivered")
    return job


async def queued(office: Office, key: str = "K-1", actor: str = "alice") -> Job:
    job = await received(office, key, actor=actor)
    await triage.once(office)
    return await present(office, job)


async def running(office: Office, key: str = "K-1", token: str = "w:1", actor: str = "alice") -> Job:
    job = await queued(office, key, actor)
    await office.events.report(job.dispatch_id, "claimed", {"token": token, "worker": "w"})
    await fold.once(office)
    return await present(office, job)


async def present(office: Office, job: Job) -> Job:
    """The job as it is now."""
    return await office.ledger.read(records.get, job.id)


async def tell(office: Office, job: Job, kind: str, data: dict[str, object]) -> Job:
    """Report an event, fold it, and return the job as it is then."""
    await office.events.report(job.dispatch_id, kind, data)
    await fold.once(office)
    return await present(office, job)


def result(token: str = "w:1", **changes: object) -> dict[str, object]:
    """The data of an event about a run that was published, unless `changes` say otherwise."""
    published = RunResult(
        outcome="published",
        reason=because(Code.VALIDATED, "The host ran it: passed."),
        branch="jca/k-1-fix-it",
        commit="c" * 40,
        summary="Done, @alice.",
        files=("a.py",),
        diff="diff --git a/a.py b/a.py\n",
        validation=(CommandOutcome(argv=("pytest",), exit_code=0, seconds=1),),
        usage=Usage(requests=2, input_tokens=10, output_tokens=5),
    )
    return {"token": token, "result": published.model_copy(update=changes).model_dump(mode="json")}
