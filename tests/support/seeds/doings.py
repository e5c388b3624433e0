"""What people did, and what trackers told: for the audit, settings and repository pages."""

from __future__ import annotations

from jobs.actors import BROWSER
from jobs.identifiers import new_id
from jobs.ledger import audit, configuration, deliveries
from jobs.ledger.database import Transaction
from jobs.repository import Repository
from jobs.ticket import Delivery, Person
from worker.gateway import repository_actions, source_actions
from worker.gateway.services import Services
from worker.gateway.source_actions import WantedSource

TOLD = (
    ("issues.opened", "mira", "accepted", ""),
    ("issues.labeled", "mira", "duplicate", "job_unfinished"),
    ("issues.labeled", "tomas", "ignored", "label_not_ours: label help wanted does not start work"),
    ("issue_comment.created", "dependabot[bot]", "ignored", "bot_author"),
    ("issues.opened", "anna", "ignored", "managed_label_missing"),
    ("ping", "", "ignored", "ping"),
)

RUNNING = "PAY-412"
"""The ticket whose job runs."""

SHOP = Repository(
    alias="shop",
    url="https://ci:hunter2-is-no-secret@git.example/acme/shop.git",
    setup_commands=(("npm", "ci"),),
    validation_commands=(("npm", "test"), ("sh", "-c", "test -e 'a b'")),
    provider="openai-compatibel",
)


async def everything(services: Services, job_id: str) -> None:
    """Sources, a repository, deliveries and acts of several people."""
    await source_actions.put_source(services, WantedSource(kind="github", actors=("mira",)), BROWSER)
    await source_actions.put_source(services, WantedSource(kind="jira", name="jira-ops"), "cli:mira")
    await repository_actions.put_repository(services, SHOP, "cli:mira")
    await services.ledger.write(_told, job_id)


def _told(tx: Transaction, job_id: str) -> None:
    for number, (event, actor, outcome, reason) in enumerate(TOLD):
        delivery = {
            "id": new_id(),
            "source": "github",
            "key": f"delivery-{number}",
            "content_hash": f"{number:064}",
            "event": event,
            "actor": Person(id=actor) if actor else None,
            "outcome": outcome,
            "reason": reason,
            "job_id": job_id if number < 2 else None,
            "ticket_key": "" if event == "ping" else RUNNING,
        }
        deliveries.record(tx, Delivery.model_validate(delivery))
    audit.note(tx, actor="browser", action="job.cancel", subject=job_id, detail="PAY-412")
    audit.note(
        tx, actor="api:deploy-bot", action="hold.put", subject="*", detail="Paused by deploy-bot: <b>release</b>."
    )


def long(tx: Transaction, word: str) -> None:
    """A repository, a delivery and an act whose every part is this long word."""
    repository = Repository(
        alias=word[:64].lower(),
        url=f"https://git.example/{word}",
        default_branch=word,
        validation_commands=((word,),),
        provider=word[:64].lower(),
    )
    configuration.put_repository(tx, repository)
    audit.note(tx, actor=f"cli:{word[:64]}", action="repository.put", subject=word, detail=word)
    delivery = {
        "id": new_id(),
        "source": word[:64],
        "key": "long",
        "content_hash": "0",
        "event": word,
        "actor": Person(id=word),
        "outcome": "ignored",
        "reason": f"no_command: {word}",
        "ticket_key": word,
    }
    deliveries.record(tx, Delivery.model_validate(delivery))
