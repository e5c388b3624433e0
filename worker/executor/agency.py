"""The run's side of the agent: building its model, taking a turn, keeping count."""

from __future__ import annotations

import asyncio

from jobs import errors
from jobs.catalog import ProviderProfile
from jobs.reasons import Code
from jobs.results import Usage
from worker.agent.budget import Budget
from worker.agent.loop import Conversation, run_agent
from worker.agent.prices import price_of
from worker.agent.task import Task
from worker.agent.trajectory import Trajectory
from worker.executor.work import Work

WORDS = 500  # characters of an agent's reason that become part of a sentence
RETRY = 1.0  # seconds until a gateway that is away is asked again


async def begin(work: Work) -> Conversation:
    """Get the provider's key for this run and open a conversation with its model."""
    order = work.order
    profile = await _profile(work)
    work.secrets += (profile.api_key.get_secret_value(),) if profile.api_key else ()
    try:
        model = work.desk.build_model(profile, order.model, order.effort)
    except (errors.NotReady, errors.Refused) as error:
        raise errors.RunStopped(Code.PROVIDER_NOT_READY, error.message, remedy=error.remedy) from error
    budget = Budget(order.limits, price_of(profile, order.model))
    context = profile.model(order.model)
    trajectory = Trajectory(work.desk.trajectory, work.secrets)
    return Conversation(model, budget, trajectory, context_limit=context.context_limit if context else 128_000)


async def _profile(work: Work) -> ProviderProfile:
    """The provider with its key; waits for a gateway that is away, since the job is held meanwhile."""
    while True:
        try:
            return await work.desk.credentials.provider(work.order.provider)
        except errors.TryAgain as error:
            await work.note("note", f"{error.message} Trying again.")
            await asyncio.sleep(RETRY)
        except errors.JcaError as error:
            raise errors.RunStopped(Code.PROVIDER_NOT_READY, error.message, remedy=error.remedy) from error


async def take_turn(work: Work, task: Task) -> None:
    """Let the agent work on a task until it finishes."""
    if work.conversation is None or work.workspace is None:
        raise errors.JcaError
    outcome = await run_agent(task, work.workspace, work.conversation, Listener(work))
    work.summary = work.clean("\n\n".join(words for words in (outcome.summary, outcome.notes) if words))
    work.gave_up = None if outcome.done else work.clean(" ".join((outcome.notes or outcome.summary).split()))[:WORDS]
    work.usage = outcome.usage


class Listener:
    """Passes what the agent does on to the record, without secrets."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def note(self, kind: str, text: str) -> None:
        """A line of live output."""
        await self._work.note(kind, text)

    async def usage(self, usage: Usage) -> None:
        """What was spent so far."""
        self._work.usage = usage
        await self._work.desk.sink.usage(usage)
