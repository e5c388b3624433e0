"""Trying what a source's tracker is reached with, and learning from it as whom the tracker knows us."""

from __future__ import annotations

from jobs.ledger import audit, configuration
from jobs.ledger.database import Transaction
from jobs.readiness import Step
from jobs.sources import OwnAccounts, StoredSource
from worker.gateway.services import Services
from worker.gateway.stored_sources import provisioned_sources

_OWN = "own account"


async def examine_source(services: Services, name: str, who: str) -> tuple[Step, ...]:
    """Try what a source's tracker is reached with; asks the tracker and changes nothing there.

    Where it answers, the receiver is told our own account there: what that one does starts nothing from then on.

    Raises:
        errors.NotFound: there is no access of that name.
        errors.JcaError: the access cannot be opened or used at all.
    """
    stored: dict[str, StoredSource] = {each.name: each for each in await services.ledger.read(configuration.sources)}
    source, _ = provisioned_sources(services).get(name, (stored.get(name), ""))
    repositories = (await services.catalog()).repositories
    steps = tuple([step async for step in services.connections.examine(name, source, repositories)])
    if not any(step.ok for step in steps if step.name == "authenticate"):
        return steps
    learnt = OwnAccounts(name=name, ids=await services.connections.own_accounts(name))
    await services.ledger.write(_learn, learnt, who)
    return (*steps, _judged(learnt, source.actors if source else ())) if learnt.ids else steps


def _learn(tx: Transaction, learnt: OwnAccounts, who: str) -> None:
    known = next((each for each in configuration.accounts(tx) if each.name == learnt.name), None)
    if (known.ids if known else ()) == learnt.ids:
        return
    configuration.put_accounts(tx, learnt)
    detail = f"Our own account: {', '.join(learnt.ids) or 'none'}"
    audit.note(tx, actor=who, action="source.account", subject=learnt.name, detail=detail)


def _judged(learnt: OwnAccounts, actors: tuple[str, ...]) -> Step:
    listed = {actor.casefold() for actor in actors}
    both = next((name for name in learnt.ids if name.casefold() in listed), "")
    if both:
        detail = f"{both} may start jobs and is JCA's own account as well, so what it does starts nothing"
        remedy = "Give JCA an account of its own, and `jca sources add` its token."
        return Step(name=_OWN, ok=False, detail=detail, remedy=remedy)
    return Step(name=_OWN, ok=True, detail=f"what {' or '.join(learnt.ids)} does starts nothing")
