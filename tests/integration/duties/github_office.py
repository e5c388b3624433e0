"""An office whose `github` source is a fake GitHub that keeps state."""

from __future__ import annotations

from typing import Any

from jobs.catalog import Source
from jobs.intake_rules import IntakeRules
from jobs.job import Job, Status
from jobs.ledger import commands, outbox, records
from jobs.ledger.commands import Command, Kind
from jobs.ledger.database import Transaction
from jobs.repository import Repository
from jobs.ticket import Person, Ticket
from tests.fakes.github import world
from tests.fakes.github.server import FakeGitHub
from tests.integration.duties.offices import CATALOG, Settled
from worker.duties import publish
from worker.duties.office import Office
from worker.trackers.github.client import GitHub
from worker.trackers.github.code_host import GitHubCodeHost
from worker.trackers.github.tracker import GitHubTracker

NAME = "acme/shop"
PEOPLE = {"ann": "write", "bob": "maintain", "tri": "triage", "eve": "read"}


def add_repository(fake: FakeGitHub) -> world.Repository:
    fake.world.accounts |= dict.fromkeys(PEOPLE, "User")
    return fake.world.add_repository(NAME, labels=["jca", "working", "review", "blocked"], collaborators=dict(PEOPLE))


def connect(settled: Settled, github: GitHub, actors: tuple[str, ...] = (), **rules: Any) -> None:  # noqa: ANN401 - of any field
    """Let the office reach the fake, with these people and rules of the source."""
    fields = {"name": "github", "kind": "github", "secrets": ["0123456789abcdef"]}
    source = Source.model_validate({**fields, "actors": actors, "rules": IntakeRules(**rules)})
    shop = Repository(alias="shop", url="https://github.example/acme/shop.git", full_name=NAME)
    settled.catalog = CATALOG.model_copy(update={"repositories": (shop,)})
    settled.sources = {"github": source}
    settled.trackers = {"github": GitHubTracker(github, source)}
    settled.host = GitHubCodeHost(github)


def delivered(issue: world.Issue, by: str, *, is_bot: bool = False) -> Job:
    """The job a delivery of the issue as it is now makes."""
    return Job(ticket=ticket(issue), actor=Person(id=by, is_bot=is_bot))


def ticket(issue: world.Issue) -> Ticket:
    return Ticket(
        source="github",
        key=f"{NAME}#{issue.number}",
        title=issue.title,
        body=issue.body,
        labels=tuple(issue.labels),
        repository=NAME,
        author=Person(id=issue.user),
    )


async def receive(office: Office, job: Job) -> Job:
    await office.ledger.write(records.insert_job, job, who="receiver", why="delivered")
    return job


async def command(office: Office, issue: world.Issue, kind: Kind, by: str, words: str = "") -> Command:
    """A command that waits, as the receiver records it."""
    edited = ticket(issue) if kind == "edited" else None
    asked = Command(
        source="github",
        ticket_key=f"{NAME}#{issue.number}",
        kind=kind,
        words=words,
        ticket=edited,
        actor=Person(id=by),
        comment_id=f"{kind}-{by}-{len(words)}-{issue.updated_at.timestamp()}",
    )
    await office.ledger.write(commands.record, asked)
    return asked


async def newest(office: Office, issue: world.Issue) -> Job:
    """The newest job of an issue, as it is now."""
    return await office.ledger.read(_newest, f"{NAME}#{issue.number}")


def _newest(tx: Transaction, key: str) -> Job:
    return records.get(tx, records.latest_for(tx, "github", key) or "none")


async def settle(office: Office) -> None:
    """Publish until nothing is due any more."""
    while await office.ledger.read(outbox.due):
        await publish.once(office)


def says(issue: world.Issue) -> str:
    """What our one comment on an issue says."""
    (comment,) = [one for one in issue.comments if one.body.startswith("<!-- jca:")]
    return comment.body


async def status(office: Office, job: Job) -> tuple[Status, str]:
    """Status and reason code of a job now."""
    present = await office.ledger.read(records.get, job.id)
    return present.status, present.reason.code.value if present.reason else ""
